// By how much attention is slower while messages move. Overlap that slows the computation down
// gains less than its percentage says.
//
// Blocks of one rank, pass and ring step do the same work in every layer and step. Among them,
// those with messages moving for at least half of their time are compared with those with (nearly)
// none.
#pragma once

#include "backend/analysis/clock_verdict.h"
#include "backend/trace/trace.h"

#include <cstdint>
#include <optional>

namespace ringscope {

struct AttentionSlowdown {
    std::int64_t beside = 0;  // blocks with messages moving, where there are others to compare with
    std::int64_t alone = 0;
    double percent = 0;  // the mean by which the first take longer; negative: shorter
};

// Nothing where no ring step has blocks of both kinds, or wait and transfer are not told apart.
// `trace` as withGpuSpans() makes it.
std::optional<AttentionSlowdown> attentionSlowdown(const Trace& trace,
                                                   const TrustedMeetings& trusted);

}  // namespace ringscope
