// Chooses blocks of keys: scores of queries and mean keys, and the largest of them.
#include "backend/plan/step_rows.h"
#include "kernels/attention/key_choice.h"

#include <ATen/Parallel.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <limits>
#include <span>
#include <tuple>

namespace ringscope {
namespace {

constexpr std::int64_t scoresAtOnce = std::int64_t{1} << 20;
constexpr std::int64_t choicesOfTask = 64;

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
    explicit BlockScores(const at::Tensor& means) : means_(means.transpose(2, 3).contiguous()) {}

    // q: (B, r, Hq, D), tokens of one block. Returns (B, Hk, r each, blocks), where `each` query
    // heads share a key head.
    at::Tensor of(const at::Tensor& q, std::int64_t ownBlock,
                  const std::vector<std::int64_t>& blocks) const {
        const std::int64_t behind = std::ranges::lower_bound(blocks, ownBlock) - blocks.begin();
        const std::int64_t before = std::ssize(blocks) - behind;
        const std::span numbers(blocks);
        std::vector<at::Tensor> sides;
        if (behind > 0)
            sides.push_back(
                meansOf(KeySide::Behind, numbers.first(static_cast<std::size_t>(behind))));
        if (before > 0)
            sides.push_back(
                meansOf(KeySide::Before, numbers.last(static_cast<std::size_t>(before))));
        const at::Tensor means = sides.size() == 1 ? sides.front() : at::cat(sides, 2);
        const std::int64_t each = q.size(2) / means.size(1);
        // (B, Hk, r each, D) x (B, Hk, D, blocks)
        const at::Tensor queries =
            q.to(at::kDouble).unflatten(2, {means.size(1), each}).transpose(1, 2).flatten(2, 3);
        return at::matmul(queries, means.transpose(2, 3)).to(at::kFloat);
    }

private:
    // (B, Hk, blocks, D)
    at::Tensor meansOf(KeySide side, std::span<const std::int64_t> numbers) const {
        const at::Tensor means = means_.select(0, static_cast<std::int64_t>(side));
        if (numbers.back() - numbers.front() + 1 == std::ssize(numbers))
            return means.narrow(2, numbers.front(), std::ssize(numbers));
        return means.index_select(
            2, at::tensor(at::ArrayRef<std::int64_t>(numbers.data(), numbers.size()))
                   .to(means_.device()));
    }

    at::Tensor means_;  // (sides, B, Hk, blocks, D)
};

// The columns with the largest scores of each row, (…, blocks): (…, count), int64, in descending
// order of scores, of equal ones the first.
at::Tensor largestOnDevice(at::Tensor scores, std::int64_t count) {
    std::vector<at::Tensor> columns;
    for (std::int64_t i = 0; i < count; ++i) {
        columns.push_back(std::get<1>(scores.max(-1, /*keepdim=*/true)));
        scores.scatter_(-1, columns.back(), -std::numeric_limits<float>::infinity());
    }
    return at::cat(columns, -1);
}

// Of one row. `best` has room for `count`, and the row for more than that.
void largestOfRow(std::span<const float> scores, std::span<std::int64_t> best) {
    std::size_t kept = 0;
    for (std::size_t column = 0; column < scores.size(); ++column) {
        const float score = scores[column];
        if (kept == best.size() && !(score > scores[static_cast<std::size_t>(best[kept - 1])]))
            continue;
        std::size_t at = kept < best.size() ? kept++ : kept - 1;
        for (; at > 0 && score > scores[static_cast<std::size_t>(best[at - 1])]; --at)
            best[at] = best[at - 1];
        best[at] = static_cast<std::int64_t>(column);
    }
}

at::Tensor largest(const at::Tensor& scores, std::int64_t count) {
    if (!scores.is_cpu()) return largestOnDevice(scores, count);
    std::vector<std::int64_t> sizes = scores.sizes().vec();
    sizes.back() = count;
    at::Tensor columns = at::empty(sizes, scores.options().dtype(at::kLong));
    const auto blocks = static_cast<std::size_t>(scores.size(-1));
    const auto each = static_cast<std::size_t>(count);
    const float* const from = scores.const_data_ptr<float>();
    auto* const to = columns.mutable_data_ptr<std::int64_t>();
    at::parallel_for(0, columns.numel() / count, choicesOfTask,
                     [&](std::int64_t begin, std::int64_t end) {
                         for (auto row = static_cast<std::size_t>(begin);
                              row < static_cast<std::size_t>(end); ++row)
                             largestOfRow({from + row * blocks, blocks}, {to + row * each, each});
                     });
    return columns;
}

// Chooses for rows of a rank's queries.
class Chooser {
public:
    // q: (B, n, Hq, D).
    Chooser(const ChoiceRule& rule, const at::Tensor& q, std::int64_t numbersOfBlock,
            const KeyChoice::ScoreRows& score)
        : count_(rule.pattern.chosenBlocks()),
          q_(q),
          numbersOfBlock_(numbersOfBlock),
          score_(score),
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
        const std::int64_t step = std::max<std::int64_t>(
            1, scoresAtOnce / (q_.size(0) * q_.size(2) * choosing.count * numbersOfBlock_));
        for (std::int64_t begin = 0; begin < choosing.rows.count; begin += step) {
            const RowRun rows =
                choosing.rows.part(begin, std::min(step, choosing.rows.count - begin));
            const at::Tensor columns = largest(score_(rows, numbers), count_);
            // (B, Hk, r each, count) as (B, r, Hk each, count)
            const at::Tensor chosen = blocks.index_select(0, columns.flatten())
                                          .view(columns.sizes())
                                          .unflatten(2, {rows.count, columns.size(2) / rows.count})
                                          .transpose(1, 2)
                                          .flatten(2, 3);
            const std::int64_t alike = q_.size(2) / chosen.size(2);
            chosenOf(rows.row, rows.count)
                .unflatten(2, {chosen.size(2), alike})
                .copy_(chosen.unsqueeze(3).expand({-1, -1, -1, alike, -1}));
        }
    }

    // (B, n, Hq, count), int32; -1: none.
    const at::Tensor& chosen() const { return chosen_; }

private:
    at::Tensor chosenOf(std::int64_t row, std::int64_t rows) const {
        return chosen_.narrow(1, row, rows);
    }

    std::int64_t count_;
    at::Tensor q_;
    std::int64_t numbersOfBlock_;
    const KeyChoice::ScoreRows& score_;
    at::Tensor chosen_;
};

}  // namespace

KeyChoice KeyChoice::among(const ChoiceRule& rule, const std::vector<TokenSpan>& tokens,
                           TokenSpan rows, const at::Tensor& q, const at::Tensor& sums) {
    const BlockScores scores(blockMeans(rule, sums));
    const std::int64_t size = rule.pattern.config().block;
    return byScores(
        rule, tokens, rows, q, 1, [&](const RowRun& some, const std::vector<std::int64_t>& blocks) {
            return scores.of(q.narrow(1, some.row, some.count), some.tokens.first / size, blocks);
        });
}

KeyChoice KeyChoice::byScores(const ChoiceRule& rule, const std::vector<TokenSpan>& tokens,
                              TokenSpan rows, const at::Tensor& q, std::int64_t numbersOfBlock,
                              const ScoreRows& score) {
    Chooser chooser(rule, q, numbersOfBlock, score);
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
