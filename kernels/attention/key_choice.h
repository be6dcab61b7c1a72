// The blocks of keys that queries chose by content (attention.pattern.top_k), and blocks of a
// schedule that are computed for the chosen keys alone.
//
//     score(token, block) = q . mean of k over what the token sees of the block
//
// in fp64 from numbers of fp32, rounded to fp32: two equal blocks have equal scores wherever they
// lie, and of equal scores the first block is taken.
//
// A block of a schedule is computed key block by key block: the rows that chose it are gathered,
// with those of all query heads that share a head of keys, and go to the kernel as one block. Where
// ALiBi or dropout asks for their tokens, evenly spaced rows of one head are one block.
#pragma once

#include "kernels/attention/block_sums.h"
#include "kernels/block/block_attention.h"

#include <ATen/core/Tensor.h>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace ringscope {

class KeyChoice {
public:
    KeyChoice() = default;  // nothing was chosen
    // chosen: (B, n, Hq, top_k - 1), int32, numbers of blocks; -1: none. n are a rank's queries.
    KeyChoice(const ChoiceRule& rule, at::Tensor chosen);

    // The rows of queries `rows` whose tokens are `tokens` choose; others choose nothing. Without
    // gradients. q: (B, n, Hq, D).
    static KeyChoice among(const ChoiceRule& rule, const std::vector<TokenSpan>& tokens,
                           TokenSpan rows, const at::Tensor& q, const at::Tensor& sums);

    // Scores of some of a rank's rows, all of one block and document, for these blocks, ascending:
    // (B, Hk, rows, blocks) for query heads that choose alike, or (B, Hk, rows * heads that share a
    // key head, blocks), in fp32.
    using ScoreRows =
        std::function<at::Tensor(const RowRun& rows, const std::vector<std::int64_t>& blocks)>;
    // The same by scores of the caller's. `numbersOfBlock`: it keeps so many for a row, a query
    // head and a block at once.
    static KeyChoice byScores(const ChoiceRule& rule, const std::vector<TokenSpan>& tokens,
                              TokenSpan rows, const at::Tensor& q, std::int64_t numbersOfBlock,
                              const ScoreRows& score);

    // What the constructor takes, to be saved.
    const at::Tensor& chosen() const { return chosen_; }

    // Adds what a chosen block gives to `sum`, whose first row is row `firstRow` of the queries.
    // The block's rows are rows of the tensors.
    void addOutput(const Block& block, const QueryKeyValue& tensors, const ScoreRules& rules,
                   std::int64_t firstRow, const BlockOutput& sum) const;

    // The same of gradients. `whole` and dOut begin at row `firstRow`, and so does sums.q.
    void addGradients(const Block& block, const QueryKeyValue& tensors, const ScoreRules& rules,
                      std::int64_t firstRow, const BlockOutput& whole, const at::Tensor& dOut,
                      const BlockGradients& sums) const;

    struct Chosen;  // rows that are computed at once

private:
    std::span<const std::int32_t> rowsOf(std::int64_t item, std::int64_t head, std::int64_t block,
                                         TokenSpan rows) const;
    static std::vector<Chosen> evenRows(const Chosen& like, std::int64_t head,
                                        std::span<const std::int32_t> rows, const RowRun& queries);
    template <typename See>
    void forSeenBlocks(const Block& block, const See& see) const;
    template <typename See>
    void forChosen(const Block& block, const QueryKeyValue& tensors, const ScoreRules& rules,
                   const See& see) const;

    std::optional<ChoiceRule> rule_{};
    at::Tensor chosen_;
    std::vector<std::int32_t> rows_{};     // by item, head, block and row
    std::vector<std::int64_t> offsets_{};  // in rows_, of each item, head and block
};

// Of a pass that holds the keys of all tokens, k (B, S, Hk, D), in `step`; nothing where tokens do
// not choose.
KeyChoice chooseAmong(const RankPart& part, const Step& step, const at::Tensor& q,
                      const at::Tensor& k);
// Of a ring; k are this place's keys.
KeyChoice chooseAround(const RankPart& part, const at::Tensor& q, const at::Tensor& k);
// From saved tensors, of which number `index` is the choice where tokens choose.
KeyChoice choiceAt(const RankPart& part, const std::vector<at::Tensor>& saved, std::size_t index);

// Behind the tensors saved so far.
void appendChoice(const KeyChoice& choice, std::vector<at::Tensor>& saved);

}  // namespace ringscope
