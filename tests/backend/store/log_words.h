// A run's log in the words of `runs show`, a line each, without its indentation.
#pragma once

#include "backend/core/text.h"
#include "backend/report/run_details_text.h"
#include "backend/store/store.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ringscope::test {

inline Result<std::vector<std::string>> logWords(Store& store, const RunId& run,
                                                 std::int64_t last = 0) {
    RINGSCOPE_TRY(const std::vector<LogLine> kept, store.log(run, {.last = last}));
    std::vector<std::string> lines = split(logText(kept, /*allRanks=*/true), '\n');
    lines.pop_back();  // what follows the last line's end
    for (std::string& line : lines) line.erase(0, 2);
    return lines;
}

}  // namespace ringscope::test
