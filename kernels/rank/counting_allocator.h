// Counts libtorch's CPU tensors: reports every allocation to a MemoryMeter and an AllocationLog.
#pragma once

#include "profiler/allocation_log.h"
#include "profiler/memory_meter.h"

namespace ringscope {

// Puts a counting allocator before libtorch's own, once for the process; tensors made before that
// are not counted. Returns the meter, which lives as long as the process. It counts the bytes that
// live storages asked for, without malloc's rounding.
MemoryMeter& countCpuTensors();

// The log of the same tensors. It lives as long as the process too.
AllocationLog& cpuTensorLog();

}  // namespace ringscope
