// A block of attention as plain arrays, which keys its queries see, and how it is cut into tiles.
#pragma once

#include "kernels/block/block_attention.h"
#include "kernels/block/cpu/matrix.h"
#include "kernels/block/cpu/score_rows.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace ringscope {

constexpr std::int64_t tileQueries = 96;
constexpr std::int64_t tileKeys = 384;

// The score of a key that the query does not see.
template <typename T>
constexpr T nothing = -std::numeric_limits<T>::infinity();

// (B, n, H, D) as a matrix for each batch row and head.
template <typename T>
struct Plane {
    T* first = nullptr;
    std::int64_t batchStride = 0;
    std::int64_t rowStride = 0;
    std::int64_t headStride = 0;

    Matrix<T> at(std::int64_t batch, std::int64_t head) const {
        return {first + batch * batchStride + head * headStride, rowStride};
    }
};

template <typename T>
Plane<const T> readOnly(const at::Tensor& tensor) {
    return {tensor.const_data_ptr<T>(), tensor.stride(0),
            std::max(tensor.stride(1), tensor.size(3)), tensor.stride(2)};
}
template <typename T>
Plane<T> writable(const at::Tensor& tensor) {
    return {tensor.mutable_data_ptr<T>(), tensor.stride(0),
            std::max(tensor.stride(1), tensor.size(3)), tensor.stride(2)};
}

// In fp32 or fp64, rows apart as a matrix' are.
at::Tensor computable(const at::Tensor& tensor);

// For each row of q, the rows of k that it sees. Begins and ends never decrease.
std::vector<TokenSpan> seenRows(const BlockInput& block);

// A block as plain arrays, and which keys its queries see.
template <typename T>
class Tiles {
public:
    explicit Tiles(const BlockInput& block)
        : batch(block.q.size(0)),
          queries(block.q.size(1)),
          keys(block.k.size(1)),
          heads(block.q.size(2)),
          kvHeads(block.k.size(2)),
          size(block.q.size(3)),
          qRows(computable(block.q)),
          kRows(computable(block.k)),
          vRows(computable(block.v)),
          q(readOnly<T>(qRows)),
          k(readOnly<T>(kRows)),
          v(readOnly<T>(vRows)),
          scale(
              static_cast<T>(block.rules.scale.value_or(1 / std::sqrt(static_cast<double>(size))))),
          rules(block.rules),
          queryTokens(block.queryTokens),
          keyTokens(block.keyTokens),
          seen_(seenRows(block)) {}

    const TokenSpan& seen(std::int64_t query) const {
        return seen_[static_cast<std::size_t>(query)];
    }

    // Of `within`, the queries between the first and the last that see one of `keySpan`.
    TokenSpan queriesSeeing(TokenSpan keySpan, TokenSpan within) const {
        const auto begin = seen_.begin() + within.begin;
        const auto end = seen_.begin() + within.end;
        const auto first = std::partition_point(
            begin, end, [&](const TokenSpan& span) { return span.end <= keySpan.begin; });
        const auto last = std::partition_point(
            first, end, [&](const TokenSpan& span) { return span.begin < keySpan.end; });
        return {first - seen_.begin(), last - seen_.begin()};
    }

    // Of `keySpan`, what one query sees.
    TokenSpan visible(std::int64_t query, TokenSpan keySpan) const {
        const TokenSpan& all = seen(query);
        const std::int64_t begin = std::max(all.begin, keySpan.begin);
        return {begin, std::max(begin, std::min(all.end, keySpan.end))};
    }

    // `columns` of a tile that begins with row firstRow of k.
    rows::ScoreRow<T> row(std::int64_t batchRow, std::int64_t head, std::int64_t query,
                          std::int64_t firstRow, TokenSpan columns) const {
        const std::int64_t token = queryTokens.at(query);
        const std::int64_t firstKey = keyTokens.at(firstRow + columns.begin);
        const std::int64_t modelHead = rules.firstHead + head;
        rows::ScoreRow<T> row{.size = columns.size(),
                              .distance = token - firstKey,
                              .firstKey = firstKey,
                              .keyStride = keyTokens.stride,
                              .softcap = static_cast<T>(rules.softcap.value_or(0))};
        if (rules.alibiHeads > 0)
            row.slope = static_cast<T>(alibiSlope(modelHead, rules.alibiHeads));
        if (rules.dropout > 0) {
            row.dropBelow = dropoutThreshold(rules.dropout);
            row.keepFactor = static_cast<T>(1 / (1 - rules.dropout));
            row.random = dropoutRow(rules.dropoutSeed, batchRow, modelHead, token);
        }
        return row;
    }

    const std::int64_t batch, queries, keys, heads, kvHeads, size;
    const at::Tensor qRows, kRows, vRows;
    const Plane<const T> q, k, v;
    const T scale;
    const ScoreRules rules;
    const TokenRun queryTokens, keyTokens;

private:
    std::vector<TokenSpan> seen_;
};

}  // namespace ringscope
