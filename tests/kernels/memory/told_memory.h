// What a rank is told to hold beside what it held.
#pragma once

#include "backend/trace/rank_trace.h"

#include <string>

namespace ringscope::test {

// What a rank is told to hold: at least `low`, at most `high`. They differ by what Gloo's thread
// copies of what it gathers, for as long as it takes.
struct Told {
    RankTrace low;
    RankTrace high;
    double ofTotal = 0.02;     // by how much of a share the total may differ
    double ofCategory = 0.05;  // and a large category
};

// What is wrong with the prediction; empty: nothing. RINGSCOPE_SHOW_MEMORY shows it either way.
std::string deviations(const Told& told, const RankTrace& real);

}  // namespace ringscope::test
