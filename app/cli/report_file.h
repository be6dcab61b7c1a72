// Runs as a report file; the format follows the file name's extension.
#pragma once

#include "backend/core/result.h"
#include "backend/run/run_record.h"

#include <filesystem>
#include <string>
#include <vector>

namespace ringscope::cli {

Result<void> writeReport(const std::vector<RunRecord>& runs, const std::string& title,
                         const std::filesystem::path& file);

}  // namespace ringscope::cli
