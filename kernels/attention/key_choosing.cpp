// Chooses blocks of keys: scores of queries and mean keys, and the largest of them.
#include "backend/plan/step_rows.h"
#include "kernels/attention/key_choice.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <limits>
#include <tuple>

namespace ringscope {
namespace {

constexpr std::int64_t scoresAtOnce = std::int64_t{1} << 20;

// Numbers of blocks, in their order.
std::vector<std::int64_t> numbersOf(const ChoosingRows& choosing) {
    std::vector<std::int64_t> numbers;
    for (const TokenSpan& blocks : choosing.blocks)
        for (std::int64_t block = blocks.begin; block < blocks.end; ++block)
            numbers.push_back(block);
    return numbers;
}

class BlockScores {
public:
    // means: (sides, B, blocks, Hk, D).
    explicit BlockScores(const at::Tensor& means) : means_(means.permute({0, 1, 3, 4, 2})) {}

    // q: (B, r, Hq, D), tokens of one block. Returns (B, r, Hq, blocks).
    at::Tensor of(const at::Tensor& q, std::int64_t ownBlock,
                  const std::vector<std::int64_t>& blocks) const {
        const at::Tensor numbers =
            at::tensor(at::ArrayRef<std::int64_t>(blocks)).to(means_.device());
        const std::int64_t behind = std::ranges::lower_bound(blocks, ownBlock) - blocks.begin();
        const std::int64_t before = std::ssize(blocks) - behind;
        std::vector<at::Tensor> sides;
        if (behind > 0) sides.push_back(meansOf(KeySide::Behind, numbers.narrow(0, 0, behind)));
        if (before > 0)
            sides.push_back(meansOf(KeySide::Before, numbers.narrow(0, behind, before)));
        const at::Tensor means = sides.size() == 1 ? sides.front() : at::cat(sides, 3);
        const std::int64_t each = q.size(2) / means.size(1);
        // (B, Hk, r each, D) x (B, Hk, D, blocks)
        const at::Tensor queries =
            q.to(at::kDouble).unflatten(2, {means.size(1), each}).transpose(1, 2).flatten(2, 3);
        return at::matmul(queries, means)
            .to(at::kFloat)
            .unflatten(2, {q.size(1), each})
            .transpose(1, 2)
            .flatten(2, 3);
    }

private:
    // (B, Hk, D, blocks)
    at::Tensor meansOf(KeySide side, const at::Tensor& numbers) const {
        return means_.select(0, static_cast<std::int64_t>(side)).index_select(3, numbers);
    }

    at::Tensor means_;
};

// The blocks with the largest scores, (B, r, Hq, blocks): (B, r, Hq, count) of their columns. Of
// equal ones max() takes the first.
at::Tensor largest(at::Tensor scores, std::int64_t count) {
    std::vector<at::Tensor> columns;
    for (std::int64_t i = 0; i < count; ++i) {
        columns.push_back(std::get<1>(scores.max(-1, /*keepdim=*/true)));
        scores.scatter_(-1, columns.back(), -std::numeric_limits<float>::infinity());
    }
    return at::cat(columns, -1);
}

// Chooses for rows of a rank's queries.
class Chooser {
public:
    // q: (B, n, Hq, D).
    Chooser(const ChoiceRule& rule, const at::Tensor& q, const at::Tensor& sums)
        : count_(rule.pattern.chosenBlocks()),
          size_(rule.pattern.config().block),
          q_(q),
          scores_(blockMeans(rule, sums)),
          chosen_(at::full({q.size(0), q.size(1), q.size(2), count_}, -1,
                           q.options().dtype(at::kInt))) {}

    void choose(const ChoosingRows& choosing) {
        const std::vector<std::int64_t> numbers = numbersOf(choosing);
        const at::Tensor blocks =
            at::tensor(at::ArrayRef<std::int64_t>(numbers)).to(at::kInt).to(q_.device());
        if (choosing.count <= count_) {
            chosenOf(choosing.rows.row, choosing.rows.count)
                .narrow(3, 0, choosing.count)
                .copy_(blocks.expand({q_.size(0), choosing.rows.count, q_.size(2), -1}));
            return;
        }
        const std::int64_t own = choosing.rows.tokens.first / size_;
        const std::int64_t step =
            std::max<std::int64_t>(1, scoresAtOnce / (q_.size(0) * q_.size(2) * choosing.count));
        const std::int64_t end = choosing.rows.row + choosing.rows.count;
        for (std::int64_t row = choosing.rows.row; row < end; row += step) {
            const std::int64_t some = std::min(step, end - row);
            const at::Tensor columns =
                largest(scores_.of(q_.narrow(1, row, some), own, numbers), count_);
            chosenOf(row, some).copy_(
                blocks.index_select(0, columns.flatten()).view(columns.sizes()));
        }
    }

    // (B, n, Hq, count), int32; -1: none.
    const at::Tensor& chosen() const { return chosen_; }

private:
    at::Tensor chosenOf(std::int64_t row, std::int64_t rows) const {
        return chosen_.narrow(1, row, rows);
    }

    std::int64_t count_;
    std::int64_t size_;
    at::Tensor q_;
    BlockScores scores_;
    at::Tensor chosen_;
};

}  // namespace

KeyChoice KeyChoice::among(const ChoiceRule& rule, const std::vector<TokenSpan>& tokens,
                           TokenSpan rows, const at::Tensor& q, const at::Tensor& sums) {
    Chooser chooser(rule, q, sums);
    for (const RowRun& run : runsOf(tokens)) {
        const std::int64_t begin = std::max(rows.begin, run.row);
        const std::int64_t end = std::min(rows.end, run.row + run.count);
        if (begin < end)
            forChoosingRows(rule.pattern, rule.mask, run.part(begin - run.row, end - begin),
                            [&](const ChoosingRows& choosing) { chooser.choose(choosing); });
    }
    return {rule, chooser.chosen()};
}

KeyChoice chooseAmong(const RankPart& part, const Step& step, const at::Tensor& q,
                      const at::Tensor& k) {
    if (!choosesKeys(part)) return {};
    const ChoiceRule rule = choiceRule(part);
    return KeyChoice::among(rule, tokensOf(part.owned, step.queriesOf), queryRows(step), q,
                            blockSums(rule, {{0, rule.tokens}}, k));
}

KeyChoice chooseAround(const RankPart& part, const at::Tensor& q, const at::Tensor& k) {
    if (!choosesKeys(part)) return {};
    const ChoiceRule rule = choiceRule(part);
    const std::vector<TokenSpan> tokens =
        tokensOf(part.owned, part.steps.forward.front().queriesOf);
    return KeyChoice::among(rule, tokens, {0, q.size(1)}, q,
                            blockSumsAround(rule, part, tokens, k));
}

}  // namespace ringscope
