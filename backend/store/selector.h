// Finds the runs that a user names.
#pragma once

#include "backend/core/result.h"
#include "backend/store/database.h"
#include "backend/store/store.h"

#include <string_view>

namespace ringscope::store {

// See Store::select.
Result<Selection> selectRuns(Database& database, std::string_view selector, RunNeed need);

}  // namespace ringscope::store
