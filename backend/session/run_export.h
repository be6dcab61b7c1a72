// A run of the store as a folder for archives and other programs.
//
//   config.yaml         an experiment file that runs it again
//   run.json            everything that is known about it, as `runs show --json` has it
//   steps.csv           a line per step
//   logs/rank-0.log …   what each rank printed; logs/agent.log: the agents
//   trace/ …            its recorded ranks, where steps were recorded
//   SHA256SUMS          of all of these, as sha256sum --check reads them
#pragma once

#include "backend/core/result.h"
#include "backend/store/store.h"

#include <filesystem>
#include <string>

namespace ringscope {

// Makes the folder. Fails with InvalidConfig where it exists and holds anything, and leaves nothing
// behind where it fails later.
Result<void> exportRun(Store& store, const RunId& run, const std::filesystem::path& folder);

// A name for the folder of one run among several: "demo-ring-1a2b3c4d".
std::string exportFolderName(const RunRecord& run);

}  // namespace ringscope
