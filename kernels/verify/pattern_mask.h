// The mask of a pattern, pair by pair from token positions: a second description of each pattern
// that shares no code with the engine's (backend/plan/patterns). What tokens choose by content it
// works out from the same queries and keys, one pair of token and block at a time.
#pragma once

#include "backend/core/result.h"
#include "backend/plan/layout.h"
#include "backend/verify/attention_case.h"
#include "kernels/verify/case_inputs.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace ringscope {

// One query head of one batch item.
struct MaskHead {
    std::int64_t item = 0;
    std::int64_t head = 0;
};

class PatternMask {
public:
    // `inputs` hold every token; only what chooses by content needs them. Fails where the pattern's
    // file cannot be read.
    static Result<PatternMask> make(const AttentionCase& problem, const CaseInputs& inputs = {});

    bool any() const { return pattern_.kind != PatternKind::None; }
    int branches() const;
    // Whether branches are weighted with constants.
    bool stopsGradient() const;
    bool headsAlike() const { return pattern_.kind != PatternKind::Dilated && !chooses(); }
    bool itemsAlike() const { return !chooses(); }

    // (queries, keys), bool: what `branch` shows to a query head, without the mask.
    at::Tensor pairs(const MaskHead& head, int branch, TokenSpan queries, TokenSpan keys) const;

    // (queries, keys), bool: what any branch shows to any head of batch item 0.
    at::Tensor anyPairs(TokenSpan queries, TokenSpan keys) const;

private:
    explicit PatternMask(const AttentionCase& problem)
        : pattern_(problem.pattern), heads_(problem.heads), kvHeads_(problem.kvHeads) {}

    bool chooses() const { return pattern_.kind == PatternKind::BlockSparse && pattern_.topK > 1; }
    Result<void> readFile();
    void choose(const AttentionCase& problem, const CaseInputs& inputs);
    bool grants(const MaskHead& head, int branch, std::int64_t query, std::int64_t key) const;
    bool choseBlock(const MaskHead& head, std::int64_t query, std::int64_t block) const;
    bool grantsBlock(std::int64_t query, std::int64_t key) const;

    PatternConfig pattern_;
    std::int64_t heads_;
    std::int64_t kvHeads_;
    std::int64_t blocks_ = 0;          // of a file
    std::vector<std::int64_t> cells_;  // of a file
    at::Tensor chosen_{};              // (B, Hq, S, blocks), bool
};

}  // namespace ringscope
