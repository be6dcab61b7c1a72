// How the figures of a prediction come about: the formula with its numbers, for the Plan page.
#pragma once

#include "backend/simulate/prediction.h"

#include <cstdint>
#include <string>

namespace ringscope {

enum class PredictedFigure : std::uint8_t {
    Step,
    Compute,
    Exposed,
    Wait,
    Memory,
    TokensPerSecond,
    Mfu,
};

// "59.1 s = attention 41.2 s + …; ± 15 %: assumed". A sentence or two, no newline.
std::string derivationText(const Prediction& prediction, const Machine& machine,
                           PredictedFigure figure);

// Attention, other computation and rows put together for messages.
std::int64_t computeNanos(const RankTimes& mean);
// Until others posted their end, and until the last rank ended its step.
std::int64_t waitNanos(const RankTimes& mean);
// The host's memory or disk, and kernels that were not launched yet.
std::int64_t otherNanos(const RankTimes& mean);

}  // namespace ringscope
