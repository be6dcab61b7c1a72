#include "kernels/data/token_batch.h"

#include "backend/core/mix.h"

#include <algorithm>

namespace ringscope {
namespace {

std::vector<std::int64_t> positionsOf(const std::vector<TokenSpan>& spans) {
    std::vector<std::int64_t> positions;
    for (const TokenSpan& span : spans)
        for (std::int64_t token = span.begin; token < span.end; ++token) positions.push_back(token);
    return positions;
}

bool covers(const std::vector<TokenSpan>& spans, std::int64_t token) {
    return std::ranges::any_of(
        spans, [&](const TokenSpan& span) { return span.begin <= token && token < span.end; });
}

}  // namespace

std::int64_t sampleStart(const SamplePlace& place, std::int64_t textSize) {
    std::uint64_t word = 0x72696e6773636f70U;
    for (const std::int64_t part :
         {place.seed, place.step, place.microStep, place.row, place.dataRank})
        word = mixBits(word + static_cast<std::uint64_t>(part) + 0x9e3779b97f4a7c15U);
    return static_cast<std::int64_t>(word % static_cast<std::uint64_t>(textSize));
}

TokenBatch makeBatch(const TokenText& text, const TrainConfig& train, std::int64_t step,
                     std::int64_t microStep) {
    TokenBatch batch{.rows = train.batch, .tokens = train.seqLen};
    batch.inputs.reserve(static_cast<std::size_t>(batch.rows * batch.tokens));
    batch.labels.reserve(batch.inputs.capacity());
    for (std::int64_t row = 0; row < batch.rows; ++row) {
        const std::int64_t start = sampleStart(
            {.seed = train.seed, .step = step, .microStep = microStep, .row = row}, text.size());
        for (std::int64_t token = 0; token < batch.tokens; ++token) {
            batch.inputs.push_back(text.at(start + token));
            batch.labels.push_back(text.at(start + token + 1));
        }
    }
    return batch;
}

std::int64_t labelledTokens(const std::vector<std::int64_t>& labels) {
    return std::ranges::count_if(labels, [](std::int64_t label) { return label != ignoredLabel; });
}

TokenShard takeShard(const TokenBatch& batch, const Schedule& schedule, int rank) {
    const std::vector<TokenSpan>& owned = schedule.owned.at(static_cast<std::size_t>(rank));
    const std::vector<TokenSpan> held =
        schedule.replicated ? std::vector<TokenSpan>{{0, batch.tokens}} : owned;

    TokenShard shard{
        .rows = batch.rows, .tokens = tokenCount(held), .positions = positionsOf(held)};
    for (std::int64_t row = 0; row < batch.rows; ++row) {
        for (const std::int64_t position : shard.positions) {
            const auto at = static_cast<std::size_t>(row * batch.tokens + position);
            shard.inputs.push_back(batch.inputs[at]);
            shard.labels.push_back(covers(owned, position) ? batch.labels[at] : ignoredLabel);
        }
    }
    return shard;
}

}  // namespace ringscope
