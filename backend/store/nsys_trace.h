// Traces that Nsight Systems recorded and `nsys export --type sqlite` wrote, as ours. In this
// folder because it is the one that knows SQLite.
//
//   CUPTI_ACTIVITY_KIND_KERNEL            what its name says (backend/trace/kernel_rules.h)
//   CUPTI_ACTIVITY_KIND_MEMCPY, _MEMSET   copies
//   CUPTI_ACTIVITY_KIND_RUNTIME           host work, and when each kernel was launched
//   NVTX_EVENTS                           host work; a range "ProfilerStep#7" or "step 7" is a step
//
// One export holds all processes of a host, on one clock: a process that used a GPU is a rank, by
// its process number. A folder holds an export for each host.
#pragma once

#include "backend/core/result.h"
#include "backend/trace/chrome/import.h"

#include <filesystem>
#include <vector>

namespace ringscope {

// Whether the name says so: .sqlite, or a folder with such files.
bool isNsysExport(const std::filesystem::path& place);

Result<Trace> importNsysTrace(const std::filesystem::path& place,
                              const KernelRules& rules = KernelRules::builtIn());

}  // namespace ringscope
