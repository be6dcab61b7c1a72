#include "kernels/data/token_batch.h"

#include "backend/core/mix.h"

#include <algorithm>
#include <span>

namespace ringscope {
namespace {

std::vector<std::int64_t> tokensOf(const std::vector<TokenSpan>& spans) {
    std::vector<std::int64_t> tokens;
    for (const TokenSpan& span : spans)
        for (std::int64_t token = span.begin; token < span.end; ++token) tokens.push_back(token);
    return tokens;
}

// `spans` ascend.
bool covers(const std::vector<TokenSpan>& spans, std::int64_t token) {
    const auto after = std::ranges::upper_bound(spans, token, {}, &TokenSpan::begin);
    return after != spans.begin() && token < std::prev(after)->end;
}

std::vector<std::int64_t> rowStarts(const TokenText& text, const TrainConfig& train,
                                    std::int64_t step, std::int64_t number) {
    std::vector<std::int64_t> starts;
    for (std::int64_t row = 0; row < train.batch; ++row)
        starts.push_back(sampleStart(
            {.seed = train.seed, .step = step, .batch = number, .row = row}, text.size()));
    return starts;
}

std::vector<std::int64_t> documentsOf(const TokenText& text,
                                      const std::vector<std::int64_t>& starts,
                                      std::int64_t tokens) {
    std::vector<std::int64_t> documents = {0};
    for (std::int64_t token = 1; token < tokens; ++token)
        if (std::ranges::any_of(
                starts, [&](std::int64_t start) { return text.beginsDocument(start + token); }))
            documents.push_back(token);
    documents.push_back(tokens);
    return documents;
}

void dropLabelsOfLastTokens(TokenBatch& batch, const TokenText& text,
                            const std::vector<std::int64_t>& starts) {
    for (std::int64_t row = 0; row < batch.rows; ++row) {
        const auto drop = [&](std::int64_t token) {
            batch.labels[static_cast<std::size_t>(row * batch.tokens + token)] = ignoredLabel;
        };
        for (std::size_t i = 1; i + 1 < batch.documents.size(); ++i) drop(batch.documents[i] - 1);
        if (text.beginsDocument(starts[static_cast<std::size_t>(row)] + batch.tokens))
            drop(batch.tokens - 1);
    }
}

// Each token's place in its document, then 0 for padding.
std::vector<std::int64_t> positionsOf(std::vector<std::int64_t> tokens, std::int64_t padding,
                                      const std::vector<std::int64_t>& documents) {
    std::fill(tokens.end() - padding, tokens.end(), 0);
    if (documents.empty()) return tokens;
    for (std::int64_t& token : tokens) token -= *(std::ranges::upper_bound(documents, token) - 1);
    return tokens;
}

}  // namespace

std::int64_t sampleStart(const SamplePlace& place, std::int64_t textSize) {
    std::uint64_t word = 0x72696e6773636f70U;
    constexpr std::int64_t end = 0;  // so that samples are those of runs already stored
    for (const std::int64_t part : {place.seed, place.step, place.batch, place.row, end})
        word = mixBits(word + static_cast<std::uint64_t>(part) + 0x9e3779b97f4a7c15U);
    return static_cast<std::int64_t>(word % static_cast<std::uint64_t>(textSize));
}

TokenBatch makeBatch(const TokenText& text, const TrainConfig& train, std::int64_t step,
                     std::int64_t number, bool packing) {
    TokenBatch batch{.rows = train.batch, .tokens = train.seqLen};
    batch.inputs.reserve(static_cast<std::size_t>(batch.rows * batch.tokens));
    batch.labels.reserve(batch.inputs.capacity());
    const std::vector<std::int64_t> starts = rowStarts(text, train, step, number);
    for (const std::int64_t start : starts) {
        for (std::int64_t token = 0; token < batch.tokens; ++token) {
            batch.inputs.push_back(text.at(start + token));
            batch.labels.push_back(text.at(start + token + 1));
        }
    }
    if (packing) {
        batch.documents = documentsOf(text, starts, batch.tokens);
        dropLabelsOfLastTokens(batch, text, starts);
    }
    return batch;
}

std::int64_t labelledTokens(const std::vector<std::int64_t>& labels) {
    return std::ranges::count_if(labels, [](std::int64_t label) { return label != ignoredLabel; });
}

TokenShard takeShard(const TokenBatch& batch, const Schedule& schedule, int rank) {
    const std::vector<TokenSpan> owned = schedule.owned.spansOf(rank);
    const std::vector<std::int64_t> tokens = tokensOf(heldTokens(schedule, rank));
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
