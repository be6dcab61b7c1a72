// The memory of a GPU's tensors, as its allocator reports it.
#pragma once

#include "backend/core/result.h"
#include "backend/core/units.h"
#include "profiler/allocation_log.h"

#include <c10/core/Device.h>

namespace ringscope {

// The most bytes that live tensors ever held on the device, which must be in use already.
Bytes peakDeviceMemory(c10::Device device);

// From now on the allocator takes no more than `budget` from the GPU for tensors. An allocation
// that needs more throws libtorch's OutOfMemoryError, and is kept as the refusal (memory_budget.h).
// What lies unused between tensors counts, too.
Result<void> limitDeviceTensors(c10::Device device, Bytes budget);

// From now on the GPU's tensors are in deviceTensorLog(), as the CPU's are in cpuTensorLog(). Calls
// after the first change nothing.
Result<void> logDeviceTensors();
AllocationLog& deviceTensorLog();  // lives as long as the process

}  // namespace ringscope
