// Whether attention is slower while messages move: overlap that takes from the computation what it
// hides is worth less than its percentage says.
//
// Blocks of one rank, pass and ring step do the same work in every layer and step. Among them,
// those with messages moving for at least half of their time are held against those with (nearly)
// none.
#pragma once

#include "backend/analysis/clock_verdict.h"
#include "backend/trace/trace.h"

#include <cstdint>
#include <optional>

namespace ringscope {

struct AttentionSlowdown {
    std::int64_t beside = 0;  // blocks with messages moving, that have others to be held against
    std::int64_t alone = 0;
    double percent = 0;  // by which the first take longer, in the mean; negative: less
};

// Nothing where no ring step has blocks of both kinds, or wait and transfer are not told apart.
// `trace` as withTruestSpans() makes it.
std::optional<AttentionSlowdown> attentionSlowdown(const Trace& trace,
                                                   const TrustedMeetings& trusted);

}  // namespace ringscope
