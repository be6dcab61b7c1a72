#include "kernels/data/token_batch.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

namespace ringscope {
namespace {

// `spans` ascend.
bool covers(const std::vector<TokenSpan>& spans, std::int64_t token) {
    const auto after = std::ranges::upper_bound(spans, token, {}, &TokenSpan::begin);
    return after != spans.begin() && token < std::prev(after)->end;
}

// Each token's place in its document, then 0 for padding.
std::vector<std::int64_t> positionsOf(std::vector<std::int64_t> tokens, std::int64_t padding,
                                      const std::vector<std::int64_t>& documents) {
    std::fill(tokens.end() - padding, tokens.end(), 0);
    if (documents.empty()) return tokens;
    for (std::int64_t& token : tokens) token -= *(std::ranges::upper_bound(documents, token) - 1);
    return tokens;
}

TokenBatch batchOf(SequenceBatch made, const TrainConfig& train) {
    TokenBatch batch{.rows = train.batch, .tokens = train.seqLen};
    batch.documents = std::move(made.documents);
    for (const TokenSequence& row : made.rows) {
        batch.padding += row.padding;
        std::ranges::copy(row.inputs, std::back_inserter(batch.inputs));
        std::ranges::copy(row.labels, std::back_inserter(batch.labels));
    }
    return batch;
}

}  // namespace

TokenBatch makeBatch(const Sequences& sequences, const TrainConfig& train, std::int64_t step,
                     std::int64_t number) {
    return batchOf(batchRows(sequences, train, step, number), train);
}

TokenBatch validationBatch(const Sequences& sequences, const TrainConfig& train,
                           std::int64_t number) {
    return batchOf(validationRows(sequences, train, number), train);
}

std::int64_t labelledTokens(const std::vector<std::int64_t>& labels) {
    return std::ranges::count_if(labels, [](std::int64_t label) { return label != ignoredLabel; });
}

TokenShard takeShard(const TokenBatch& batch, const Schedule& schedule, int rank) {
    const std::vector<TokenSpan> owned = schedule.owned.spansOf(rank);
    const std::vector<std::int64_t> tokens = tokensIn(heldTokens(schedule, rank));
    TokenShard shard{.rows = batch.rows, .tokens = std::ssize(tokens)};
    shard.padding =
        std::ranges::count_if(tokens, [&](std::int64_t token) { return token >= batch.tokens; });
    shard.positions = positionsOf(tokens, shard.padding, batch.documents);
    const auto padding = static_cast<std::size_t>(shard.padding);
    const std::size_t held = tokens.size() - padding;
    for (std::int64_t row = 0; row < batch.rows; ++row) {
        for (const std::int64_t token : std::span(tokens).first(held)) {
            const auto at = static_cast<std::size_t>(row * batch.tokens + token);
            shard.inputs.push_back(batch.inputs[at]);
            shard.labels.push_back(covers(owned, token) ? batch.labels[at] : ignoredLabel);
        }
        shard.inputs.resize(shard.inputs.size() + padding, 0);
        shard.labels.resize(shard.labels.size() + padding, ignoredLabel);
    }
    return shard;
}

}  // namespace ringscope
