// What users write about runs. A caller must hold a write transaction.
#pragma once

#include "backend/core/result.h"
#include "backend/store/database.h"
#include "backend/store/store.h"

#include <cstdint>

namespace ringscope::store {

// Applies what the change names to one run. Fails with InvalidConfig for a name or tag that is
// empty, too long or not on one line; nothing of the change is applied then.
Result<void> changeByUser(Database& database, std::int64_t row, const RunChange& change);

// Removes a run with everything that belongs to it. Fails with Unavailable while it goes on.
Result<void> removeRun(Database& database, std::int64_t row);

}  // namespace ringscope::store
