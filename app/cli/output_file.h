// A file that a verb will write: whether that can work, before any work is done for it.
#pragma once

#include "backend/core/result.h"

#include <string>

namespace ringscope::cli {

// Unavailable where the file's folder is not there or cannot be written into, or where the name is
// a folder's. Makes nothing.
Result<void> checkOutputFile(const std::string& file);

}  // namespace ringscope::cli
