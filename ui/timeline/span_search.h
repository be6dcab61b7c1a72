// Finds spans of a trace by words: "attention layer 3 rank 1".
//
//   rank 1, layer 3, step 2, ring step 0   a number behind one of these words is that of the span
//   anything else                          stands in its name, kind, operation, pass or its
//                                          kernel's name, in any case of letters
//
// All of the words have to fit. Free of widgets.
#pragma once

#include "ui/timeline/opened_trace.h"

#include <QString>
#include <cstdint>
#include <vector>

namespace ringscope::ui {

struct FoundSpan {
    std::size_t row = 0;
    std::uint32_t span = 0;
    bool operator==(const FoundSpan&) const = default;
};

// In the order of time; at most `most` of them. Training steps, which are around all other spans,
// are not among them.
std::vector<FoundSpan> findSpans(const OpenedTrace& trace, const QString& words,
                                 std::size_t most = 10'000);

}  // namespace ringscope::ui
