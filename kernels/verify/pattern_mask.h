// The mask of a pattern, pair by pair from token positions: a second description of each pattern
// that shares no code with the engine's (backend/plan/patterns).
#pragma once

#include "backend/core/result.h"
#include "backend/plan/layout.h"
#include "backend/verify/attention_case.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace ringscope {

class PatternMask {
public:
    // Fails where the pattern's file cannot be read.
    static Result<PatternMask> make(const AttentionCase& problem);

    bool any() const { return pattern_.kind != PatternKind::None; }
    int branches() const;
    // Whether branches are weighted with constants.
    bool stopsGradient() const;
    bool headsAlike() const { return pattern_.kind != PatternKind::Dilated; }

    // (queries, keys), bool: what `branch` shows to the query heads of key head `keyHead`, without
    // the mask.
    at::Tensor pairs(std::int64_t keyHead, int branch, TokenSpan queries, TokenSpan keys) const;

    // (queries, keys), bool: what any branch shows to any head.
    at::Tensor anyPairs(TokenSpan queries, TokenSpan keys) const;

private:
    PatternMask(PatternConfig pattern, std::int64_t kvHeads)
        : pattern_(std::move(pattern)), kvHeads_(kvHeads) {}

    bool grants(std::int64_t keyHead, int branch, std::int64_t query, std::int64_t key) const;
    bool grantsBlock(std::int64_t query, std::int64_t key) const;

    PatternConfig pattern_;
    std::int64_t kvHeads_;
    std::int64_t blocks_ = 0;          // of a file
    std::vector<std::int64_t> cells_;  // of a file
};

}  // namespace ringscope
