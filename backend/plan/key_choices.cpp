#include "backend/plan/key_choices.h"

#include <algorithm>
#include <array>

namespace ringscope {
namespace {

TokenSpan tokensOfBlock(std::int64_t block, std::int64_t size) {
    return {block * size, (block + 1) * size};
}

TokenSpan overlap(const TokenSpan& one, const TokenSpan& other) {
    const std::int64_t begin = std::max(one.begin, other.begin);
    return {begin, std::max(begin, std::min(one.end, other.end))};
}

// Of the pattern's choices for block `query`, those with tokens of `document`.
ChoosingRows choicesWithin(const AttentionPattern& pattern, std::int64_t query,
                           const TokenSpan& document) {
    const std::int64_t size = pattern.config().block;
    const TokenSpan near{document.begin / size, (document.end - 1) / size + 1};
    ChoosingRows choosing;
    for (const TokenSpan& span : pattern.choices(query)) {
        const TokenSpan some = overlap(span, near);
        if (some.size() == 0) continue;
        choosing.blocks.push_back(some);
        choosing.count += some.size();
    }
    return choosing;
}

}  // namespace

bool choosesKeys(const AttentionPattern* pattern) {
    return pattern != nullptr && pattern->chosenBlocks() > 0;
}

void forChoosingRows(const AttentionPattern& pattern, const AttentionMask& mask,
                     const RowRun& queries, const std::function<void(const ChoosingRows&)>& see) {
    const std::int64_t size = pattern.config().block;
    for (std::int64_t index = 0; index < queries.count;) {
        const std::int64_t token = queries.tokens.at(index);
        const TokenSpan document = documentAt(mask.documents, token);
        const RowRun rows = within(queries, overlap(tokensOfBlock(token / size, size), document));
        index += rows.count;
        ChoosingRows choosing = choicesWithin(pattern, token / size, document);
        choosing.rows = rows;
        if (choosing.count > 0) see(choosing);
    }
}

std::span<const KeySide> keySides(const AttentionPattern& pattern) {
    static constexpr std::array sides = {KeySide::Behind, KeySide::Before};
    return std::span(sides).first(pattern.shape().causal ? 1 : 2);
}

TokenSpan seenOfBlock(const AttentionPattern& pattern, const AttentionMask& mask,
                      std::int64_t block, KeySide side) {
    TokenSpan tokens = tokensOfBlock(block, pattern.config().block);
    if (!mask.documents.empty()) tokens.end = std::min(tokens.end, mask.documents.back());
    return overlap(tokens, documentAt(mask.documents,
                                      side == KeySide::Behind ? tokens.end - 1 : tokens.begin));
}

std::vector<std::int64_t> blocksOf(const std::vector<TokenSpan>& tokens, std::int64_t size) {
    std::vector<std::int64_t> blocks;
    for (const TokenSpan& span : tokens)
        for (std::int64_t block = span.begin / size; block * size < span.end; ++block)
            if (blocks.empty() || blocks.back() < block) blocks.push_back(block);
    return blocks;
}

double chosenPairs(const AttentionPattern& pattern, const AttentionMask& mask,
                   const RowRun& queries, const RowRun& keys) {
    const std::int64_t size = pattern.config().block;
    double pairs = 0;
    forChoosingRows(pattern, mask, queries, [&](const ChoosingRows& choosing) {
        const TokenSpan document = documentAt(mask.documents, choosing.rows.tokens.first);
        std::int64_t seen = 0;
        for (const TokenSpan& blocks : choosing.blocks)
            seen += within(keys, overlap({blocks.begin * size, blocks.end * size}, document)).count;
        const auto chosen = static_cast<double>(std::min(pattern.chosenBlocks(), choosing.count)) /
                            static_cast<double>(choosing.count);
        pairs += chosen * static_cast<double>(choosing.rows.count) * static_cast<double>(seen);
    });
    return pairs;
}

}  // namespace ringscope
