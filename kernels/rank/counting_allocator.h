// Counts libtorch's CPU tensors, and may refuse some: reports every allocation to a MemoryMeter and
// an AllocationLog.
#pragma once

#include "profiler/allocation_log.h"
#include "profiler/memory_meter.h"

#include <optional>

namespace ringscope {

// Puts a counting allocator before libtorch's own, once for the process; tensors made before that
// are not counted. Returns the meter, which lives as long as the process. It counts the bytes that
// live storages asked for, without malloc's rounding.
MemoryMeter& countCpuTensors();

// From now on, an allocation after which CPU tensors would hold more than `budget` throws
// BudgetError (memory_budget.h), and is kept as the refusal. Nothing: none does.
void limitCpuTensors(std::optional<Bytes> budget);

// The log of the same tensors. It lives as long as the process too.
AllocationLog& cpuTensorLog();

}  // namespace ringscope
