// Finds the runs that a user names.
#pragma once

#include "backend/core/result.h"
#include "backend/run/run_record.h"
#include "backend/store/database.h"

#include <string_view>
#include <vector>

namespace ringscope::store {

// See Store::select.
Result<std::vector<RunId>> selectRuns(Database& database, std::string_view selector);

}  // namespace ringscope::store
