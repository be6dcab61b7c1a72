#include "kernels/attention/tiled_attention.h"

#include "kernels/attention/matrix_product.h"
#include "kernels/attention/partial_result.h"
#include "kernels/attention/score_rows.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

namespace ringscope {
namespace {

constexpr std::int64_t tileQueries = 128;
constexpr std::int64_t tileKeys = 256;

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
Plane<T> writable(at::Tensor& tensor) {
    return {tensor.mutable_data_ptr<T>(), tensor.stride(0),
            std::max(tensor.stride(1), tensor.size(3)), tensor.stride(2)};
}

// In fp32 or fp64, rows apart as a matrix' are.
at::Tensor computable(const at::Tensor& tensor) {
    const at::Tensor rows = tensor.to(accumulatorType(tensor));
    const bool dense = rows.stride(3) == 1 && (rows.size(1) == 1 || rows.stride(1) >= rows.size(3));
    return dense ? rows : rows.contiguous();
}

std::vector<TokenSpan> seenRows(const BlockInput& block) {
    const std::int64_t queries = block.q.size(1);
    const std::int64_t keys = block.k.size(1);
    if (block.mask == MaskKind::Positions) {
        if (block.rules.mask == nullptr)
            throw std::logic_error("a block by position came without a mask");
        return visibleRows(*block.rules.mask, block.queryTokens, queries, block.keyTokens, keys);
    }
    std::vector<TokenSpan> seen;
    for (std::int64_t row = 0; row < queries; ++row)
        seen.push_back({0, block.mask == MaskKind::Causal ? std::min(row + 1, keys) : keys});
    return seen;
}

// What a thread writes a tile into.
template <typename T>
struct Workspace {
    std::vector<T> scores = std::vector<T>(tileQueries * tileKeys);
    std::vector<T> dWeights{};
    std::vector<T> slack = std::vector<T>(tileKeys);
    std::vector<T> largest = std::vector<T>(tileQueries);
    std::vector<T> sums = std::vector<T>(tileQueries);
};

// A block as plain arrays, and who sees whom in it.
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

    rows::ScoreRow<T> row(std::int64_t batchRow, std::int64_t head, std::int64_t query,
                          TokenSpan visibleKeys) const {
        const std::int64_t token = queryTokens.at(query);
        const std::int64_t firstKey = keyTokens.at(visibleKeys.begin);
        const std::int64_t modelHead = rules.firstHead + head;
        rows::ScoreRow<T> row{.size = visibleKeys.size(),
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

// The scores of `queries` against `keys`, of one head.
template <typename T>
Matrix<T> scoresOf(const Tiles<T>& tiles, Matrix<const T> q, Matrix<const T> k, TokenSpan queries,
                   TokenSpan keys, std::vector<T>& buffer, T scale) {
    const Matrix<T> scores{buffer.data(), keys.size()};
    timesTransposed<T>({q.row(queries.begin), q.stride}, {k.row(keys.begin), k.stride}, scores,
                       queries.size(), keys.size(), tiles.size, scale);
    return scores;
}

// Zeroes what the query does not see of `keys`; answers where the rest begins.
template <typename T>
T* clearUnseen(T* values, TokenSpan keys, TokenSpan visible) {
    std::fill(values, values + (visible.begin - keys.begin), T(0));
    std::fill(values + (visible.end - keys.begin), values + keys.size(), T(0));
    return values + (visible.begin - keys.begin);
}

template <typename T>
class ForwardPass {
public:
    ForwardPass(const Tiles<T>& tiles, at::Tensor& out, at::Tensor& lse)
        : tiles_(tiles), out_(writable<T>(out)), lse_(lse.mutable_data_ptr<T>()) {}

    void run() const {
        const std::int64_t tilesOfHead = (tiles_.queries + tileQueries - 1) / tileQueries;
        const std::int64_t all = tiles_.batch * tiles_.heads * tilesOfHead;
        at::parallel_for(0, all, 1, [&](std::int64_t begin, std::int64_t end) {
            Workspace<T> work;
            for (std::int64_t tile = begin; tile < end; ++tile) {
                const std::int64_t first = tile % tilesOfHead * tileQueries;
                const std::int64_t head = tile / tilesOfHead;
                queryTile(head / tiles_.heads, head % tiles_.heads,
                          {first, std::min(first + tileQueries, tiles_.queries)}, work);
            }
        });
    }

private:
    void queryTile(std::int64_t batch, std::int64_t head, TokenSpan queries,
                   Workspace<T>& work) const {
        std::ranges::fill(work.largest, -std::numeric_limits<T>::infinity());
        std::ranges::fill(work.sums, T(0));
        const std::int64_t end = tiles_.seen(queries.end - 1).end;
        for (std::int64_t key = tiles_.seen(queries.begin).begin; key < end; key += tileKeys)
            addKeys(batch, head, queries, {key, std::min(key + tileKeys, end)}, work);
        const Matrix<T> out = out_.at(batch, head);
        for (std::int64_t query = queries.begin; query < queries.end; ++query) {
            const auto row = static_cast<std::size_t>(query - queries.begin);
            const T sum = work.sums[row];
            if (sum > T(0)) rows::scaleRow(out.row(query), tiles_.size, T(1) / sum);
            lse_[(batch * tiles_.queries + query) * tiles_.heads + head] =
                work.largest[row] + std::log(sum);
        }
    }

    void addKeys(std::int64_t batch, std::int64_t head, TokenSpan all, TokenSpan keys,
                 Workspace<T>& work) const {
        const TokenSpan queries = tiles_.queriesSeeing(keys, all);
        if (queries.size() <= 0) return;
        const std::int64_t kvHead = head * tiles_.kvHeads / tiles_.heads;
        const Matrix<T> scores =
            scoresOf(tiles_, tiles_.q.at(batch, head), tiles_.k.at(batch, kvHead), queries, keys,
                     work.scores, tiles_.scale);
        const Matrix<T> out = out_.at(batch, head);
        for (std::int64_t query = queries.begin; query < queries.end; ++query) {
            const TokenSpan visible = tiles_.visible(query, keys);
            T* row = clearUnseen(scores.row(query - queries.begin), keys, visible);
            if (visible.size() == 0) continue;
            const auto rules = tiles_.row(batch, head, query, visible);
            rows::bendScores(rules, row, static_cast<T*>(nullptr));
            T& largest = work.largest[static_cast<std::size_t>(query - all.begin)];
            T& sum = work.sums[static_cast<std::size_t>(query - all.begin)];
            const T most = std::max(largest, rows::largestScore(row, visible.size()));
            if (most > largest && sum > T(0)) {
                const T factor = std::exp(largest - most);
                sum *= factor;
                rows::scaleRow(out.row(query), tiles_.size, factor);
            }
            largest = most;
            sum += rows::weighScores(rules, row, most);
        }
        const Matrix<const T> v = tiles_.v.at(batch, kvHead);
        addProduct<T>({scores.first, scores.stride}, {v.row(keys.begin), v.stride},
                      {out.row(queries.begin), out.stride}, queries.size(), tiles_.size,
                      keys.size(), T(1));
    }

    const Tiles<T>& tiles_;
    Plane<T> out_;
    T* lse_;  // (B, n, H)
};

// What the backward pass knows of the whole forward one.
template <typename T>
struct WholeRows {
    Plane<const T> dOut;
    const T* lse = nullptr;    // (B, n, H)
    const T* delta = nullptr;  // (B, n, H): sum of out * dOut
};

template <typename T>
class BackwardPass {
public:
    BackwardPass(const Tiles<T>& tiles, const WholeRows<T>& whole, at::Tensor& dq, at::Tensor& dk,
                 at::Tensor& dv)
        : tiles_(tiles),
          whole_(whole),
          dq_(writable<T>(dq)),
          dk_(writable<T>(dk)),
          dv_(writable<T>(dv)),
          gradientHeads_(dk.size(2)) {}

    // Query heads that share a head of dk and dv add to the same values, so one thread does them.
    void run() const {
        at::parallel_for(0, tiles_.batch * gradientHeads_, 1,
                         [&](std::int64_t begin, std::int64_t end) {
                             Workspace<T> work;
                             work.dWeights.resize(work.scores.size());
                             for (std::int64_t task = begin; task < end; ++task)
                                 gradientHead(task / gradientHeads_, task % gradientHeads_, work);
                         });
    }

private:
    void gradientHead(std::int64_t batch, std::int64_t sum, Workspace<T>& work) const {
        const std::int64_t group = tiles_.heads / gradientHeads_;
        for (std::int64_t key = 0; key < tiles_.keys; key += tileKeys) {
            const TokenSpan keys{key, std::min(key + tileKeys, tiles_.keys)};
            const TokenSpan all = tiles_.queriesSeeing(keys, {0, tiles_.queries});
            for (std::int64_t head = sum * group; head < (sum + 1) * group; ++head)
                for (std::int64_t query = all.begin; query < all.end; query += tileQueries)
                    tile(batch, head, sum, {query, std::min(query + tileQueries, all.end)}, keys,
                         work);
        }
    }

    void tile(std::int64_t batch, std::int64_t head, std::int64_t sum, TokenSpan queries,
              TokenSpan keys, Workspace<T>& work) const {
        const std::int64_t kvHead = head * tiles_.kvHeads / tiles_.heads;
        const Matrix<const T> q = tiles_.q.at(batch, head);
        const Matrix<const T> k = tiles_.k.at(batch, kvHead);
        const Matrix<const T> dOut = whole_.dOut.at(batch, head);
        const Matrix<T> scores = scoresOf(tiles_, q, k, queries, keys, work.scores, tiles_.scale);
        const Matrix<T> dWeights =
            scoresOf(tiles_, dOut, tiles_.v.at(batch, kvHead), queries, keys, work.dWeights, T(1));
        for (std::int64_t query = queries.begin; query < queries.end; ++query) {
            const TokenSpan visible = tiles_.visible(query, keys);
            T* row = clearUnseen(scores.row(query - queries.begin), keys, visible);
            T* dRow = clearUnseen(dWeights.row(query - queries.begin), keys, visible);
            if (visible.size() == 0) continue;
            const auto rules = tiles_.row(batch, head, query, visible);
            rows::bendScores(rules, row, work.slack.data());
            const std::int64_t at = (batch * tiles_.queries + query) * tiles_.heads + head;
            rows::scoreGradients(rules, row, dRow, work.slack.data(), whole_.lse[at],
                                 whole_.delta[at]);
        }
        const Matrix<T> dk = dk_.at(batch, sum);
        const Matrix<T> dv = dv_.at(batch, sum);
        const Matrix<T> dq = dq_.at(batch, head);
        const Matrix<const T> weights{scores.first, scores.stride};
        const Matrix<const T> dScores{dWeights.first, dWeights.stride};
        addTransposedProduct<T>(weights, {dOut.row(queries.begin), dOut.stride},
                                {dv.row(keys.begin), dv.stride}, keys.size(), tiles_.size,
                                queries.size(), T(1));
        addTransposedProduct<T>(dScores, {q.row(queries.begin), q.stride},
                                {dk.row(keys.begin), dk.stride}, keys.size(), tiles_.size,
                                queries.size(), tiles_.scale);
        addProduct<T>(dScores, {k.row(keys.begin), k.stride}, {dq.row(queries.begin), dq.stride},
                      queries.size(), tiles_.size, keys.size(), tiles_.scale);
    }

    const Tiles<T>& tiles_;
    WholeRows<T> whole_;
    Plane<T> dq_, dk_, dv_;
    std::int64_t gradientHeads_;  // of dk and dv: the key heads, or more that are summed up later
};

// What is summed up for a tensor's tokens.
at::Tensor zerosOf(const at::Tensor& tensor, std::int64_t heads) {
    return at::zeros({tensor.size(0), tensor.size(1), heads, tensor.size(3)},
                     tensor.options().dtype(accumulatorType(tensor)));
}

template <typename T>
BlockOutput forwardIn(const BlockInput& block) {
    BlockOutput output{
        zerosOf(block.q, block.q.size(2)),
        at::empty(block.q.sizes().slice(0, 3), block.q.options().dtype(accumulatorType(block.q)))};
    const Tiles<T> tiles(block);
    ForwardPass<T>(tiles, output.out, output.lse).run();
    return output;
}

template <typename T>
BlockGradients backwardIn(const BlockInput& block, const BlockOutput& whole,
                          const at::Tensor& dOut) {
    const at::Tensor dRows = computable(dOut);
    const at::Tensor lse = whole.lse.contiguous();
    const at::Tensor delta = at::mul(computable(whole.out), dRows).sum(3).contiguous();
    const std::int64_t heads = block.q.size(2);
    const std::int64_t keyHeads = block.k.size(2);
    const bool apart = block.k.size(0) * keyHeads < at::get_num_threads() && keyHeads < heads;
    const auto zeros = [&](const at::Tensor& like) {
        return zerosOf(like, apart ? heads : keyHeads);
    };
    BlockGradients gradients{zerosOf(block.q, heads), zeros(block.k), zeros(block.v)};
    const WholeRows<T> forward{readOnly<T>(dRows), lse.const_data_ptr<T>(),
                               delta.const_data_ptr<T>()};
    const Tiles<T> tiles(block);
    BackwardPass<T>(tiles, forward, gradients.q, gradients.k, gradients.v).run();
    if (apart) {
        for (at::Tensor* sum : {&gradients.k, &gradients.v})
            *sum = sum->unflatten(2, {keyHeads, heads / keyHeads}).sum(3);
    }
    return gradients;
}

}  // namespace

BlockOutput tiledForward(const BlockInput& block) {
    return accumulatorType(block.q) == at::kDouble ? forwardIn<double>(block)
                                                   : forwardIn<float>(block);
}

BlockGradients tiledBackward(const BlockInput& block, const BlockOutput& whole,
                             const at::Tensor& dOut) {
    return accumulatorType(block.q) == at::kDouble ? backwardIn<double>(block, whole, dOut)
                                                   : backwardIn<float>(block, whole, dOut);
}

}  // namespace ringscope
