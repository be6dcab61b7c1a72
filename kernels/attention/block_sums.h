// Sums of keys over blocks of tokens, of which tokens choose blocks by content (KeyChoice).
//
//     (sides, B, blocks, Hk, D), fp64       of the tokens that each side sees of a block
//
// A block may lie on several ranks. They add up their own tokens, and the sums are all-gathered. In
// fp64 the order of fp32 numbers does not matter as long as they are within 4 million times of each
// other, and means are rounded to fp32. So all modes and numbers of ranks choose the same.
#pragma once

#include "backend/plan/key_choices.h"
#include "kernels/attention/executor_table.h"

#include <ATen/core/Tensor.h>
#include <vector>

namespace ringscope {

// What choices of a rank depend on besides queries and keys. All of it must outlive the rule.
struct ChoiceRule {
    const AttentionPattern& pattern;
    const AttentionMask& mask;
    std::int64_t tokens = 0;  // of the sequence, with padding

    std::int64_t blocks() const {
        return (tokens + pattern.config().block - 1) / pattern.config().block;
    }
};

// Whether tokens choose at all.
bool choosesKeys(const RankPart& part);
// Only where they do.
ChoiceRule choiceRule(const RankPart& part);

// k: (B, n, Hk, D), rows of `tokens`. Blocks of other tokens have sums of 0.
at::Tensor blockSums(const ChoiceRule& rule, const std::vector<TokenSpan>& tokens,
                     const at::Tensor& k);

// Of all places of a ring, from the keys of this rank's, whose rows are `tokens`. Runs the transfer
// of Payload::BlockSums.
at::Tensor blockSumsAround(const ChoiceRule& rule, const RankPart& part,
                           const std::vector<TokenSpan>& tokens, const at::Tensor& k);

// (sides, B, blocks, Hk, D) in fp64, of values that fp32 has.
at::Tensor blockMeans(const ChoiceRule& rule, const at::Tensor& sums);

}  // namespace ringscope
