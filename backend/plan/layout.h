// Which tokens of the sequence each rank holds.
//
//   2 ranks, 8 tokens    contiguous: r0 [0,4)          r1 [4,8)
//                        zigzag:     r0 [0,2) [6,8)    r1 [2,4) [4,6)
//                        striped:    r0 0, 2, 4, 6     r1 1, 3, 5, 7
//
// Under a causal mask a contiguous last rank attends to the most keys, and the ring
// waits for it. Zigzag pairs an early chunk with a late one, so all ranks finish together; striped
// deals the tokens out one by one.
#pragma once

#include "backend/core/result.h"

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace ringscope {

struct TokenSpan {
    std::int64_t begin = 0;  // first token
    std::int64_t end = 0;    // one past the last

    std::int64_t size() const { return end - begin; }
    bool operator==(const TokenSpan&) const = default;
};

struct SequenceShape {
    int worldSize = 1;
    std::int64_t tokens = 0;
};

// Each token belongs to one rank. A striped layout has a span for every token, so the spans of a
// rank are made when they are asked for.
class ShardLayout {
public:
    using Spans = std::vector<TokenSpan>;

    ShardLayout() = default;
    ShardLayout(int ranks, std::function<Spans(int rank)> spansOf)
        : ranks_(ranks), spansOf_(std::move(spansOf)) {}
    ShardLayout(std::initializer_list<Spans> spans);  // of rank 0, rank 1, ...

    int ranks() const { return ranks_; }
    Spans spansOf(int rank) const { return spansOf_(rank); }  // ascending; made anew by every call
    bool operator==(const ShardLayout& other) const;

private:
    int ranks_ = 0;
    std::function<Spans(int rank)> spansOf_{};
};

// Refuses a sequence that `mode` cannot cut into equal parts, naming lengths that it can.
Result<void> checkParts(std::string_view mode, std::string_view what, std::int64_t parts,
                        std::int64_t tokens);

Result<ShardLayout> contiguousLayout(const SequenceShape& shape);
Result<ShardLayout> zigzagLayout(const SequenceShape& shape);
Result<ShardLayout> stripedLayout(const SequenceShape& shape);

// Query-key pairs a rank computes under a causal mask: the work a layout gives it.
std::int64_t causalPairs(const std::vector<TokenSpan>& spans);

// What of the spans lies before token `end`.
std::vector<TokenSpan> spansBefore(std::vector<TokenSpan> spans, std::int64_t end);

// How many tokens the spans hold together.
std::int64_t tokenCount(const std::vector<TokenSpan>& spans);
// Each of them.
std::vector<std::int64_t> tokensIn(const std::vector<TokenSpan>& spans);

}  // namespace ringscope
