// Makes libtorch's CPU tensors count: every allocation passes by a MemoryMeter and an
// AllocationLog.
#pragma once

#include "profiler/allocation_log.h"
#include "profiler/memory_meter.h"

namespace ringscope {

// Puts a counting allocator before libtorch's own, once for the process; tensors made before it are
// not counted. Answers the meter, which lives as long as the process. Counted are the bytes asked
// for by live storages, without what malloc rounds up to.
MemoryMeter& countCpuTensors();

// The log of the same tensors. It lives as long as the process too.
AllocationLog& cpuTensorLog();

}  // namespace ringscope
