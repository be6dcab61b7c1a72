// CUPTI's records as plain ones. The structs are those of the CUPTI this program was built with;
// CuptiCapture makes sure that the library at run time is the same.
#pragma once

#include "profiler/cupti_records.h"

#include <cupti.h>

#include <optional>

namespace ringscope {

// Nothing for a record that says nothing new: an NVTX range of our own, which is a span already.
std::optional<GpuRecord> plainRecord(const CUpti_Activity& activity);

// Nothing for a record that is not of memory taken or given back.
std::optional<GpuMemoryRecord> plainMemoryRecord(const CUpti_Activity& activity);

}  // namespace ringscope
