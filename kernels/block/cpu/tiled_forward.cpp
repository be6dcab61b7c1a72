#include "kernels/block/cpu/score_strip.h"
#include "kernels/block/cpu/tiled_attention.h"
#include "kernels/block/partial_result.h"
#include "kernels/device/number_format.h"

#include <ATen/Parallel.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros_like.h>

namespace ringscope {
namespace {

// A tile of keys and values, and the strip of queries that meets it.
template <typename T>
struct ForwardWorkspace {
    explicit ForwardWorkspace(std::int64_t size)
        : keys(size, tileKeys),
          values(tileKeys, size),
          queries(size),
          scores(stripRows * lineStride),
          part(stripRows * paddedColumns(size)) {}

    Panels<T> keys;  // transposed
    Panels<T> values;
    Strip<T> queries;
    LineBuffer<T> scores;  // lines
    LineBuffer<T> part;    // of out, from this tile alone
};

template <typename T>
class ForwardPass {
public:
    ForwardPass(const Tiles<T>& tiles, at::Tensor& out, at::Tensor& lse, at::Tensor& sums)
        : tiles_(tiles),
          out_(writable<T>(out)),
          largest_(lse.mutable_data_ptr<T>()),
          sums_(sums.mutable_data_ptr<T>()),
          tilesOfHead_((tiles.queries + tileQueries - 1) / tileQueries),
          tilesOfKeyHead_(tilesOfHead_ * (tiles.heads / tiles.kvHeads)) {}

    // A thread takes neighbouring tiles of queries, and packs keys once for those that share them.
    void run() const {
        const std::int64_t all = tiles_.batch * tiles_.heads * tilesOfHead_;
        at::parallel_for(0, all, 1, [&](std::int64_t begin, std::int64_t end) {
            ForwardWorkspace<T> work(tiles_.size);
            while (begin < end) {
                const std::int64_t keyHead = begin / tilesOfKeyHead_;
                const std::int64_t stop = std::min(end, (keyHead + 1) * tilesOfKeyHead_);
                for (std::int64_t key = 0; key < tiles_.keys; key += tileKeys)
                    addKeys(keyHead, {begin, stop}, {key, std::min(key + tileKeys, tiles_.keys)},
                            work);
                for (std::int64_t tile = begin; tile < stop; ++tile) finish(tile);
                begin = stop;
            }
        });
    }

private:
    struct Head {
        std::int64_t batch;
        std::int64_t head;
    };
    Head headOf(std::int64_t tile) const {
        const std::int64_t index = tile / tilesOfHead_;
        return {index / tiles_.heads, index % tiles_.heads};
    }
    TokenSpan queriesOf(std::int64_t tile) const {
        const std::int64_t first = tile % tilesOfHead_ * tileQueries;
        return {first, std::min(first + tileQueries, tiles_.queries)};
    }
    // Of a query and head in what is (B, n, H).
    std::int64_t at(Head head, std::int64_t query) const {
        return (head.batch * tiles_.queries + query) * tiles_.heads + head.head;
    }

    void addKeys(std::int64_t keyHead, TokenSpan tiles, TokenSpan keys,
                 ForwardWorkspace<T>& work) const {
        const TokenSpan seeing = tiles_.queriesSeeing(keys, {0, tiles_.queries});
        bool packed = false;
        for (std::int64_t tile = tiles.begin; tile < tiles.end; ++tile) {
            const TokenSpan all = queriesOf(tile);
            const TokenSpan queries{std::max(all.begin, seeing.begin),
                                    std::min(all.end, seeing.end)};
            if (queries.size() <= 0) continue;
            if (!packed) pack(keyHead, keys, work);
            packed = true;
            for (std::int64_t query = queries.begin; query < queries.end; query += stripRows)
                addStrip(headOf(tile), {query, std::min(query + stripRows, queries.end)}, keys,
                         work);
        }
    }

    void pack(std::int64_t keyHead, TokenSpan keys, ForwardWorkspace<T>& work) const {
        const std::int64_t batch = keyHead / tiles_.kvHeads;
        const std::int64_t head = keyHead % tiles_.kvHeads;
        const Matrix<const T> k = tiles_.k.at(batch, head);
        const Matrix<const T> v = tiles_.v.at(batch, head);
        work.keys.packTransposed({k.row(keys.begin), k.stride}, keys.size(), tiles_.size);
        work.values.pack({v.row(keys.begin), v.stride}, keys.size(), tiles_.size);
    }

    void addStrip(Head head, TokenSpan queries, TokenSpan keys, ForwardWorkspace<T>& work) const {
        const StripView view = viewOf(tiles_, queries, keys);
        if (view.keys.size() == 0) return;
        const Matrix<const T> q = tiles_.q.at(head.batch, head.head);
        work.queries.load({q.row(queries.begin), q.stride}, view.rows(), tiles_.scale);
        work.queries.times(work.keys, view.keys, work.scores.first());
        std::array<T, stripRows> factors{};
        for (std::int64_t row = 0; row < view.rows(); ++row)
            factors[static_cast<std::size_t>(row)] = weigh(head, view, row, keys, work);

        const std::int64_t columns = work.values.columns();
        StripProduct<T> product = work.values.part(view.keys.begin, view.keys.size(), 0, columns);
        product.a = work.scores.first() + view.keys.begin;
        product.c = work.part.first();
        product.cStride = columns;
        product.rows = view.rows();
        multiply(product);
        const Matrix<T> out = out_.at(head.batch, head.head);
        rows::addRows<T>({out.row(queries.begin), out.stride}, factors.data(),
                         {work.part.first(), columns}, T(1), view.rows(), tiles_.size);
    }

    // Turns a row of scores into weights; returns the factor for the row's output so far.
    T weigh(Head head, const StripView& view, std::int64_t row, TokenSpan keys,
            ForwardWorkspace<T>& work) const {
        const TokenSpan visible = view.visible[static_cast<std::size_t>(row)];
        T* line = work.scores.first() + row * lineStride;
        if (visible.size() == 0) {
            fillUnseen(line, view.keys, visible, T(0));
            return T(1);
        }
        const std::int64_t query = view.queries.begin + row;
        const auto rules = tiles_.row(head.batch, head.head, query, keys.begin, view.vectors);
        T* scores = line + view.vectors.begin;
        rows::bendScores(rules, scores, static_cast<T*>(nullptr));
        fillUnseen(line, view.vectors, visible, nothing<T>);
        T& largest = largest_[at(head, query)];
        T& sum = sums_[at(head, query)];
        const T most = std::max(largest, rows::largestScore(scores, rules.size));
        const T factor = most > largest && sum > T(0) ? std::exp(largest - most) : T(1);
        largest = most;
        sum = sum * factor + rows::weighScores(rules, scores, most);
        return factor;
    }

    void finish(std::int64_t tile) const {
        const Head head = headOf(tile);
        const Matrix<T> out = out_.at(head.batch, head.head);
        const TokenSpan queries = queriesOf(tile);
        for (std::int64_t query = queries.begin; query < queries.end; ++query) {
            const T sum = sums_[at(head, query)];
            if (sum > T(0)) rows::scaleRow(out.row(query), tiles_.size, T(1) / sum);
            largest_[at(head, query)] += std::log(sum);
        }
    }

    const Tiles<T>& tiles_;
    Plane<T> out_;
    T* largest_;  // (B, n, H): the largest score so far; at last lse
    T* sums_;     // (B, n, H): of exp(score - largest)
    std::int64_t tilesOfHead_;
    std::int64_t tilesOfKeyHead_;
};

template <typename T>
BlockOutput forwardIn(const BlockInput& block) {
    BlockOutput output{emptySum(block.q), at::full(block.q.sizes().slice(0, 3), nothing<T>,
                                                   block.q.options().dtype(sumType(block.q)))};
    at::Tensor sums = at::zeros_like(output.lse);
    const Tiles<T> tiles(block);
    ForwardPass<T>(tiles, output.out, output.lse, sums).run();
    return output;
}

}  // namespace

BlockOutput tiledForward(const BlockInput& block) {
    return sumType(block.q) == at::kDouble ? forwardIn<double>(block) : forwardIn<float>(block);
}

}  // namespace ringscope
