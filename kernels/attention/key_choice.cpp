#include "kernels/attention/key_choice.h"

#include "kernels/attention/gathered_rows.h"
#include "kernels/block/block_kernels.h"
#include "kernels/device/number_format.h"
#include "profiler/span_recorder.h"
#include "profiler/trace_place.h"

#include <ATen/ops/mul.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <utility>

namespace ringscope {
// Rows of one batch item that chose one block, of query heads that share a head of keys.
struct KeyChoice::Chosen {
    std::int64_t item = 0;
    std::int64_t keyHead = 0;
    RowRun keys{};
    std::vector<std::int64_t> rows{};
    std::vector<std::int64_t> heads{};  // of each row
    TokenRun tokens{};                  // of the rows, where they are evenly spaced

    void add(std::int64_t head, std::span<const std::int32_t> some) {
        rows.insert(rows.end(), some.begin(), some.end());
        heads.resize(rows.size(), head);
    }
};

// Rows of one head, split where their distance changes. `queries`: they are some of its rows.
std::vector<KeyChoice::Chosen> KeyChoice::evenRows(const Chosen& like, std::int64_t head,
                                                   std::span<const std::int32_t> rows,
                                                   const RowRun& queries) {
    std::vector<Chosen> parts;
    for (std::size_t begin = 0; begin < rows.size();) {
        std::size_t end = std::min(begin + 2, rows.size());
        const std::int64_t gap = rows[end - 1] - rows[begin];
        while (end < rows.size() && rows[end] - rows[end - 1] == gap) ++end;
        Chosen& part = parts.emplace_back(like);
        part.add(head, rows.subspan(begin, end - begin));
        part.tokens = {queries.tokens.at(rows[begin] - queries.row),
                       std::max<std::int64_t>(gap, 1) * queries.tokens.stride};
        begin = end;
    }
    return parts;
}

namespace {

// Of the keys that rows chose; a view.
at::Tensor keysOf(const at::Tensor& tensor, const KeyChoice::Chosen& chosen) {
    return tensor.narrow(0, chosen.item, 1)
        .narrow(1, chosen.keys.row, chosen.keys.count)
        .narrow(2, chosen.keyHead, 1);
}

// q: of the rows.
BlockInput inputOf(const KeyChoice::Chosen& chosen, at::Tensor q, const QueryKeyValue& tensors,
                   const ScoreRules& rules) {
    BlockInput input{.q = std::move(q),
                     .k = keysOf(tensors.k, chosen),
                     .v = keysOf(tensors.v, chosen),
                     .mask = MaskKind::Full,
                     .rules = rules,
                     .queryTokens = chosen.tokens,
                     .keyTokens = chosen.keys.tokens};
    input.rules.firstHead += chosen.heads.front();
    // The bits of dropout begin with the sum of seed and batch item.
    input.rules.dropoutSeed += static_cast<std::uint64_t>(chosen.item);
    return input;
}

// Of all rows, where a block's gradients are computed from it.
at::Tensor deltaOf(const BlockOutput& whole, const at::Tensor& dOut) {
    if (!blockKernelsFor(dOut).scatteredRows) return {};
    const at::ScalarType type = sumType(dOut);
    return at::mul(whole.out.to(type), dOut.to(type)).sum(3);
}

}  // namespace

KeyChoice::KeyChoice(const ChoiceRule& rule, at::Tensor chosen)
    : rule_(rule), chosen_(std::move(chosen)) {
    const at::Tensor host = chosen_.cpu().contiguous();
    const std::int64_t items = host.size(0), rows = host.size(1), heads = host.size(2);
    const std::int64_t each = host.size(3);
    const std::int64_t blocks = rule.blocks();
    const std::int32_t* const numbers = host.const_data_ptr<std::int32_t>();
    const auto forAll = [&](const auto& use) {
        for (std::int64_t item = 0; item < items; ++item)
            for (std::int64_t row = 0; row < rows; ++row)
                for (std::int64_t head = 0; head < heads; ++head)
                    for (std::int64_t i = 0; i < each; ++i) {
                        const std::int64_t place = (item * rows + row) * heads + head;
                        const std::int32_t block = numbers[place * each + i];
                        if (block >= 0)
                            use(static_cast<std::size_t>((item * heads + head) * blocks + block),
                                row);
                    }
    };
    offsets_.assign(static_cast<std::size_t>(items * heads * blocks) + 1, 0);
    forAll([&](std::size_t list, std::int64_t /*row*/) { ++offsets_[list + 1]; });
    for (std::size_t list = 1; list < offsets_.size(); ++list) offsets_[list] += offsets_[list - 1];
    rows_.resize(static_cast<std::size_t>(offsets_.back()));
    std::vector<std::int64_t> next = offsets_;
    forAll([&](std::size_t list, std::int64_t row) {
        rows_[static_cast<std::size_t>(next[list]++)] = static_cast<std::int32_t>(row);
    });
}

std::span<const std::int32_t> KeyChoice::rowsOf(std::int64_t item, std::int64_t head,
                                                std::int64_t block, TokenSpan rows) const {
    const auto list =
        static_cast<std::size_t>((item * chosen_.size(2) + head) * rule_->blocks() + block);
    const auto begin = rows_.begin() + offsets_[list];
    const auto end = rows_.begin() + offsets_[list + 1];
    return {std::lower_bound(begin, end, rows.begin), std::lower_bound(begin, end, rows.end)};
}

// Calls `see` for each block of keys that the block has, with the queries that may have chosen it
// and the keys that these see.
template <typename See>
void KeyChoice::forSeenBlocks(const Block& block, const See& see) const {
    const std::int64_t size = rule_->pattern.config().block;
    const RowRun queries{block.queries.begin, block.queryRows(), block.queryTokens};
    const RowRun keys{block.keys.begin, block.keyRows(), block.keyTokens};
    const std::int64_t last = keys.tokens.at(keys.count - 1) / size;
    for (std::int64_t number = keys.tokens.first / size; number <= last; ++number) {
        for (const KeySide side : keySides(rule_->pattern)) {
            const TokenSpan from = side == KeySide::Behind
                                       ? TokenSpan{(number + 1) * size, rule_->tokens}
                                       : TokenSpan{0, number * size};
            const RowRun rows = within(queries, from);
            const RowRun seen =
                within(keys, seenOfBlock(rule_->pattern, rule_->mask, number, side));
            if (rows.count > 0 && seen.count > 0) see(number, rows, seen);
        }
    }
}

// Calls `see` with rows that are computed at once, and the keys that they chose.
template <typename See>
void KeyChoice::forChosen(const Block& block, const QueryKeyValue& tensors, const ScoreRules& rules,
                          const See& see) const {
    const std::int64_t each = tensors.q.size(2) / tensors.k.size(2);
    const bool byTokens = rules.alibiHeads > 0 || rules.dropout > 0;
    forSeenBlocks(block, [&](std::int64_t number, const RowRun& queries, const RowRun& keys) {
        for (std::int64_t item = 0; item < tensors.q.size(0); ++item) {
            for (std::int64_t keyHead = 0; keyHead < tensors.k.size(2); ++keyHead) {
                Chosen all{.item = item, .keyHead = keyHead, .keys = keys};
                for (std::int64_t head = keyHead * each; head < (keyHead + 1) * each; ++head) {
                    const std::span<const std::int32_t> rows =
                        rowsOf(item, head, number, queries.rows());
                    if (!byTokens) {
                        all.add(head, rows);
                        continue;
                    }
                    for (const Chosen& some : evenRows(all, head, rows, queries)) see(some);
                }
                if (!all.rows.empty()) see(all);
            }
        }
    });
}

void KeyChoice::addOutput(const Block& block, const QueryKeyValue& tensors, const ScoreRules& rules,
                          std::int64_t firstRow, const BlockOutput& sum) const {
    const ScopedSpan span(tagHere(SpanKind::Attention, Operation::Block));
    const BlockKernels& kernels = blockKernelsFor(tensors.q);
    forChosen(block, tensors, rules, [&](const Chosen& chosen) {
        const GatheredRows rows(chosen.item, chosen.rows, chosen.heads, tensors.q);
        rows.merge(kernels.forward(inputOf(chosen, rows.of(tensors.q, 0), tensors, rules)), sum,
                   firstRow);
    });
}

void KeyChoice::addGradients(const Block& block, const QueryKeyValue& tensors,
                             const ScoreRules& rules, std::int64_t firstRow,
                             const BlockOutput& whole, const at::Tensor& dOut,
                             const BlockGradients& sums) const {
    const ScopedSpan span(tagHere(SpanKind::Attention, Operation::Block));
    const BlockKernels& kernels = blockKernelsFor(tensors.q);
    const at::Tensor delta = deltaOf(whole, dOut);
    forChosen(block, tensors, rules, [&](const Chosen& chosen) {
        const GatheredRows rows(chosen.item, chosen.rows, chosen.heads, tensors.q);
        const at::Tensor q = rows.of(tensors.q, 0);
        BlockOutput wholeRows;
        wholeRows.lse = rows.of(whole.lse, firstRow);
        if (delta.defined())
            wholeRows.delta = rows.of(delta, firstRow);
        else
            wholeRows.out = rows.of(whole.out, firstRow);
        const at::Tensor dq = at::zeros(q.sizes(), sums.q.options());
        kernels.addGradients(inputOf(chosen, q, tensors, rules), wholeRows, rows.of(dOut, firstRow),
                             {dq, keysOf(sums.k, chosen), keysOf(sums.v, chosen)});
        rows.add(dq, sums.q, firstRow);
    });
}

KeyChoice choiceAt(const RankPart& part, const std::vector<at::Tensor>& saved, std::size_t index) {
    if (!choosesKeys(part)) return {};
    return {choiceRule(part), saved.at(index)};
}

void appendChoice(const KeyChoice& choice, std::vector<at::Tensor>& saved) {
    if (choice.chosen().defined()) saved.push_back(choice.chosen());
}

}  // namespace ringscope
