// Reads traces of Nsight Systems, as `nsys export --type sqlite` writes them. In this folder
// because no other may use SQLite.
//
//   CUPTI_ACTIVITY_KIND_KERNEL            what its name says (backend/trace/kernel_rules.h)
//   CUPTI_ACTIVITY_KIND_MEMCPY, _MEMSET   copies
//   CUPTI_ACTIVITY_KIND_RUNTIME           host work, and when each kernel was launched
//   NVTX_EVENTS                           host work; a range "ProfilerStep#7" or "step 7" is a step
//
// One export holds all processes of a host, on one clock. Each process that used a GPU is a rank,
// in the order of process numbers. A folder holds an export for each host.
#pragma once

#include "backend/core/result.h"
#include "backend/trace/chrome/import.h"

#include <filesystem>
#include <vector>

namespace ringscope {

// Whether `place` is a file whose name ends in .sqlite, or a folder with such files.
bool isNsysExport(const std::filesystem::path& place);

Result<Trace> importNsysTrace(const std::filesystem::path& place,
                              const KernelRules& rules = KernelRules::builtIn());

}  // namespace ringscope
