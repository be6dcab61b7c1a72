// What is written down of the user's folder when a run starts. Nothing here fails: what cannot be
// found out stays empty.
#pragma once

#include "backend/run/run_environment.h"

#include <filesystem>
#include <string>

namespace ringscope {

// `command` does the same again when it is typed in `folder`. Asks the program git, where there is
// one, whether tracked files have been changed; waits at most a few seconds for its answer.
RunOrigin runOrigin(std::string command, const std::filesystem::path& folder);

}  // namespace ringscope
