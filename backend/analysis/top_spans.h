// What took the most time: spans of one name together, over all ranks.
#pragma once

#include "backend/trace/trace.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ringscope {

struct TopSpan {
    std::string name;  // a kernel's or the host's; of our own spans: operation and pass
    SpanKind kind = SpanKind::Host;
    bool gpu = false;
    std::int64_t count = 0;
    std::int64_t total = 0;
    std::int64_t longest = 0;
};

// The longest in total first; a GPU's before the host's, where there are any. Training steps, which
// hold everything else, are left out.
std::vector<TopSpan> topSpans(const Trace& trace);

}  // namespace ringscope
