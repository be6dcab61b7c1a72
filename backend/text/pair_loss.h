// The validation loss of a model that knows the token before alone: what a training has to beat to
// have learned more than which tokens follow each other.
//
// Pairs are counted in what is trained on. A pair that is seldom or never seen there gets a share
// of how often its second token is seen:
//
//     p(b | a) = (count(a b) + k p(b)) / (count(a) + k)    p(b) = (count(b) + 1) / (all + kinds)
//
// with the k, a power of two, that the validation likes best.
#pragma once

#include "backend/text/sequences.h"

#include <optional>

namespace ringscope {

inline constexpr std::int64_t mostPairTokens = 1 << 24;  // that are counted

// In nats a label, over all labels of all validation sequences. Nothing where data.validation keeps
// nothing out, where train.task is not lm, and where there are more tokens than are counted.
std::optional<double> pairLoss(const Sequences& sequences);

}  // namespace ringscope
