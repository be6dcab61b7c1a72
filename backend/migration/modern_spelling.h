// The same file in its own dialect, with the spellings of its stack's newer versions. Bytes that no
// change touches stay as they are, and a second pass changes nothing.
//
// Changes have a phase of the compatibility layer, and the versions between which both spellings
// work:
//
//     1  new spellings are there         nothing has to change
//     2  defaults change                 what a file leaves open is written out
//     3  old spellings warn              they are replaced
//     4  old spellings are gone          what has no successor is replaced by what does its work
#pragma once

#include "backend/core/result.h"
#include "backend/migration/migration.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct SpellingChange {
    std::string_view kind;  // of the source table
    int phase = 3;
    std::string_view key;      // as rules know it
    std::string_view nowKey;   // its last part; empty: stays
    std::string_view value{};  // the change is for this value; empty: for any
    std::string_view nowValue{};
    std::string_view since{};     // the version that knows the new spelling
    std::string_view gone{};      // the one that no longer knows the old; empty: not yet
    std::string_view onlyWith{};  // "key=value" that must stand in the file, too
};
std::span<const SpellingChange> spellingChanges();

// When names of ring attention classes warn, move and go, as their guide says.
struct TimelineStep {
    std::string_view version;
    std::string_view what;
};
std::span<const TimelineStep> ringClassTimeline();

inline constexpr int lastPhase = 4;

struct ModernFile {
    std::string text;
    std::vector<std::string>
        changes;  // "line 9: sequence_parallel_degree -> context_parallel_size …"
};

// All changes up to this phase. Fails as migrate() does.
Result<ModernFile> modernised(const MigrationInput& input, int phase);

}  // namespace ringscope
