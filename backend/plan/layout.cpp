#include "backend/plan/layout.h"

#include <algorithm>
#include <string>
#include <vector>

namespace ringscope {

Result<void> checkParts(std::string_view mode, std::string_view what, std::int64_t parts,
                        std::int64_t tokens) {
    if (tokens > 0 && tokens % parts == 0) return {};
    const std::int64_t below = tokens / parts * parts;
    std::string legal = std::to_string(below + parts);
    if (below > 0) legal = std::to_string(below) + " or " + legal;
    return Error{ErrorCode::InvalidConfig, std::string(mode) + " splits the sequence into " +
                                               std::to_string(parts) + " equal " +
                                               std::string(what) + "; " + std::to_string(tokens) +
                                               " tokens do not divide; use " + legal};
}

ShardLayout::ShardLayout(std::initializer_list<Spans> spans)
    : ShardLayout(static_cast<int>(spans.size()), [all = std::vector<Spans>(spans)](int rank) {
          return all.at(static_cast<std::size_t>(rank));
      }) {}

bool ShardLayout::operator==(const ShardLayout& other) const {
    bool same = ranks_ == other.ranks_;
    for (int rank = 0; same && rank < ranks_; ++rank) same = spansOf(rank) == other.spansOf(rank);
    return same;
}

Result<ShardLayout> contiguousLayout(const SequenceShape& shape) {
    RINGSCOPE_CHECK(checkParts("a contiguous layout", "shards", shape.worldSize, shape.tokens));
    const std::int64_t size = shape.tokens / shape.worldSize;
    return ShardLayout(shape.worldSize, [size](int rank) -> ShardLayout::Spans {
        return {{rank * size, (rank + 1) * size}};
    });
}

Result<ShardLayout> zigzagLayout(const SequenceShape& shape) {
    const std::int64_t chunks = 2LL * shape.worldSize;
    RINGSCOPE_CHECK(checkParts("zigzag", "chunks", chunks, shape.tokens));
    const std::int64_t size = shape.tokens / chunks;
    return ShardLayout(shape.worldSize, [chunks, size](int rank) -> ShardLayout::Spans {
        const std::int64_t late = chunks - 1 - rank;
        return {{rank * size, (rank + 1) * size}, {late * size, (late + 1) * size}};
    });
}

Result<ShardLayout> stripedLayout(const SequenceShape& shape) {
    RINGSCOPE_CHECK(checkParts("striped", "shards", shape.worldSize, shape.tokens));
    return ShardLayout(shape.worldSize, [shape](int rank) {
        ShardLayout::Spans spans;
        spans.reserve(static_cast<std::size_t>(shape.tokens / shape.worldSize));
        for (std::int64_t token = rank; token < shape.tokens; token += shape.worldSize)
            spans.push_back({token, token + 1});
        return spans;
    });
}

std::int64_t causalPairs(const std::vector<TokenSpan>& spans) {
    std::int64_t pairs = 0;
    for (const TokenSpan& span : spans) {
        // Query t sees keys 0..t, so a span is a difference of two triangles.
        pairs += span.end * (span.end + 1) / 2 - span.begin * (span.begin + 1) / 2;
    }
    return pairs;
}

std::vector<TokenSpan> spansBefore(std::vector<TokenSpan> spans, std::int64_t end) {
    std::erase_if(spans, [end](const TokenSpan& span) { return span.begin >= end; });
    for (TokenSpan& span : spans) span.end = std::min(span.end, end);
    return spans;
}

std::int64_t tokenCount(const std::vector<TokenSpan>& spans) {
    std::int64_t tokens = 0;
    for (const TokenSpan& span : spans) tokens += span.size();
    return tokens;
}

std::vector<std::int64_t> tokensIn(const std::vector<TokenSpan>& spans) {
    std::vector<std::int64_t> tokens;
    for (const TokenSpan& span : spans)
        for (std::int64_t token = span.begin; token < span.end; ++token) tokens.push_back(token);
    return tokens;
}

}  // namespace ringscope
