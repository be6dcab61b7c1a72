// Takes the runs of another store into a store: those that could not be kept while they went on
// (patient_store.h), or a colleague's.
#pragma once

#include "backend/core/result.h"
#include "backend/store/store.h"

#include <filesystem>
#include <vector>

namespace ringscope {

struct RecoveredRuns {
    std::vector<RunRecord> added;      // the store did not have them
    std::vector<RunRecord> completed;  // the store had their beginning
    std::vector<RunRecord> known;      // the store had them to their end; nothing was changed
};

// `from` is only read. What was taken before a failure stays taken, and is known the next time.
Result<RecoveredRuns> recoverRuns(const std::filesystem::path& from, Store& into);

}  // namespace ringscope
