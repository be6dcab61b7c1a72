#include "backend/plan/layout.h"

#include <string>

namespace ringscope {
namespace {

Error cannotSplit(const char* mode, const char* parts, std::int64_t count, std::int64_t tokens) {
    const std::int64_t below = tokens / count * count;
    std::string legal = std::to_string(below + count);
    if (below > 0) legal = std::to_string(below) + " or " + legal;
    return {ErrorCode::InvalidConfig,
            std::string(mode) + " splits the sequence into " + std::to_string(count) + " equal " +
                parts + "; " + std::to_string(tokens) + " tokens do not divide; use " + legal};
}

bool divides(std::int64_t parts, std::int64_t tokens) { return tokens > 0 && tokens % parts == 0; }

}  // namespace

Result<ShardLayout> contiguousLayout(const SequenceShape& shape) {
    if (!divides(shape.worldSize, shape.tokens))
        return cannotSplit("a contiguous layout", "shards", shape.worldSize, shape.tokens);
    const std::int64_t size = shape.tokens / shape.worldSize;
    ShardLayout layout;
    for (std::int64_t rank = 0; rank < shape.worldSize; ++rank)
        layout.push_back({{rank * size, (rank + 1) * size}});
    return layout;
}

Result<ShardLayout> zigzagLayout(const SequenceShape& shape) {
    const std::int64_t chunks = 2LL * shape.worldSize;
    if (!divides(chunks, shape.tokens))
        return cannotSplit("zigzag", "chunks", chunks, shape.tokens);
    const std::int64_t size = shape.tokens / chunks;
    ShardLayout layout;
    for (std::int64_t rank = 0; rank < shape.worldSize; ++rank) {
        const std::int64_t early = rank;
        const std::int64_t late = chunks - 1 - rank;
        layout.push_back({{early * size, (early + 1) * size}, {late * size, (late + 1) * size}});
    }
    return layout;
}

std::int64_t causalPairs(const std::vector<TokenSpan>& spans) {
    std::int64_t pairs = 0;
    for (const TokenSpan& span : spans) {
        // Query t sees keys 0..t, so a span is a difference of two triangles.
        pairs += span.end * (span.end + 1) / 2 - span.begin * (span.begin + 1) / 2;
    }
    return pairs;
}

std::int64_t tokenCount(const std::vector<TokenSpan>& spans) {
    std::int64_t tokens = 0;
    for (const TokenSpan& span : spans) tokens += span.size();
    return tokens;
}

}  // namespace ringscope
