#include "kernels/block/cpu/score_strip.h"
#include "kernels/block/cpu/tiled_attention.h"
#include "kernels/device/number_format.h"

#include <ATen/Parallel.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

namespace ringscope {
namespace {

// A tile of keys and values with their gradients, and the tile of queries that meets it.
template <typename T>
struct BackwardWorkspace {
    explicit BackwardWorkspace(std::int64_t size)
        : keysAcross(size, tileKeys),
          valuesAcross(size, tileKeys),
          keys(tileKeys, size),
          queries(tileQueries, size),
          dOut(tileQueries, size),
          queryStrip(size),
          dOutStrip(size),
          weights(tileQueries * lineStride),
          dScores(tileQueries * lineStride),
          slack(tileKeys),
          dk(tileKeys * paddedColumns(size)),
          dv(tileKeys * paddedColumns(size)),
          dq(stripRows * paddedColumns(size)) {}

    Panels<T> keysAcross, valuesAcross;  // transposed
    Panels<T> keys, queries, dOut;
    Strip<T> queryStrip, dOutStrip;
    LineBuffer<T> weights, dScores;  // lines
    LineBuffer<T> slack;
    LineBuffer<T> dk, dv;  // of the tile of keys
    LineBuffer<T> dq;      // of a strip, from this tile alone
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
    BackwardPass(const Tiles<T>& tiles, const WholeRows<T>& whole, const BlockGradients& sums)
        : tiles_(tiles),
          whole_(whole),
          dq_(writable<T>(sums.q)),
          dk_(writable<T>(sums.k)),
          dv_(writable<T>(sums.v)),
          gradientHeads_(sums.k.size(2)) {}

    // Query heads that share a head of dk and dv add to the same values, so one thread does them.
    void run() const {
        at::parallel_for(0, tiles_.batch * gradientHeads_, 1,
                         [&](std::int64_t begin, std::int64_t end) {
                             BackwardWorkspace<T> work(tiles_.size);
                             for (std::int64_t task = begin; task < end; ++task)
                                 gradientHead(task / gradientHeads_, task % gradientHeads_, work);
                         });
    }

private:
    void gradientHead(std::int64_t batch, std::int64_t sum, BackwardWorkspace<T>& work) const {
        const std::int64_t group = tiles_.heads / gradientHeads_;
        for (std::int64_t key = 0; key < tiles_.keys; key += tileKeys) {
            const TokenSpan keys{key, std::min(key + tileKeys, tiles_.keys)};
            const TokenSpan all = tiles_.queriesSeeing(keys, {0, tiles_.queries});
            if (all.size() <= 0) continue;
            packKeys(batch, sum * group * tiles_.kvHeads / tiles_.heads, keys, work);
            for (std::int64_t head = sum * group; head < (sum + 1) * group; ++head)
                for (std::int64_t query = all.begin; query < all.end; query += tileQueries)
                    tile(batch, head, {query, std::min(query + tileQueries, all.end)}, keys, work);
            addKeyGradients(dk_.at(batch, sum), keys, work.dk.first(), tiles_.scale);
            addKeyGradients(dv_.at(batch, sum), keys, work.dv.first(), T(1));
        }
    }

    void packKeys(std::int64_t batch, std::int64_t kvHead, TokenSpan keys,
                  BackwardWorkspace<T>& work) const {
        const Matrix<const T> k = tiles_.k.at(batch, kvHead);
        const Matrix<const T> v = tiles_.v.at(batch, kvHead);
        work.keysAcross.packTransposed({k.row(keys.begin), k.stride}, keys.size(), tiles_.size);
        work.valuesAcross.packTransposed({v.row(keys.begin), v.stride}, keys.size(), tiles_.size);
        work.keys.pack({k.row(keys.begin), k.stride}, keys.size(), tiles_.size);
        const std::int64_t sums = keys.size() * columns();
        std::fill(work.dk.first(), work.dk.first() + sums, T(0));
        std::fill(work.dv.first(), work.dv.first() + sums, T(0));
    }

    void tile(std::int64_t batch, std::int64_t head, TokenSpan queries, TokenSpan keys,
              BackwardWorkspace<T>& work) const {
        const Matrix<const T> q = tiles_.q.at(batch, head);
        const Matrix<const T> dOut = whole_.dOut.at(batch, head);
        work.queries.pack({q.row(queries.begin), q.stride}, queries.size(), tiles_.size);
        work.dOut.pack({dOut.row(queries.begin), dOut.stride}, queries.size(), tiles_.size);
        for (std::int64_t query = queries.begin; query < queries.end; query += stripRows)
            strip(batch, head, {query, std::min(query + stripRows, queries.end)}, keys,
                  (query - queries.begin) * lineStride, work);
        for (std::int64_t key = keys.begin; key < keys.end; key += stripRows) {
            const TokenSpan strip{key, std::min(key + stripRows, keys.end)};
            const TokenSpan seeing = tiles_.queriesSeeing(strip, queries);
            if (seeing.size() <= 0) continue;
            const TokenSpan rows{seeing.begin - queries.begin, seeing.end - queries.begin};
            const TokenSpan lines{strip.begin - keys.begin, strip.end - keys.begin};
            addTransposed(work.weights, work.dOut, rows, lines, work.dv);
            addTransposed(work.dScores, work.queries, rows, lines, work.dk);
        }
    }

    // Weights, gradients of scores, and with them dq.
    void strip(std::int64_t batch, std::int64_t head, TokenSpan queries, TokenSpan keys,
               std::int64_t firstLine, BackwardWorkspace<T>& work) const {
        const StripView view = viewOf(tiles_, queries, keys);
        T* weights = work.weights.first() + firstLine;
        T* dScores = work.dScores.first() + firstLine;
        if (view.keys.size() > 0) {
            const Matrix<const T> q = tiles_.q.at(batch, head);
            const Matrix<const T> dOut = whole_.dOut.at(batch, head);
            work.queryStrip.load({q.row(queries.begin), q.stride}, view.rows(), tiles_.scale);
            work.dOutStrip.load({dOut.row(queries.begin), dOut.stride}, view.rows(), T(1));
            work.queryStrip.times(work.keysAcross, view.keys, weights);
            work.dOutStrip.times(work.valuesAcross, view.keys, dScores);
        }
        const TokenSpan all{0, paddedColumns(keys.size())};
        for (std::int64_t row = 0; row < view.rows(); ++row) {
            const TokenSpan visible = view.visible[static_cast<std::size_t>(row)];
            T* line = weights + row * lineStride;
            T* dLine = dScores + row * lineStride;
            fillUnseen(dLine, all, visible, T(0));
            fillUnseen(line, all, visible.size() == 0 ? visible : view.vectors, T(0));
            if (visible.size() == 0) continue;
            const std::int64_t query = queries.begin + row;
            const auto rules = tiles_.row(batch, head, query, keys.begin, view.vectors);
            line += view.vectors.begin;
            dLine += view.vectors.begin;
            rows::bendScores(rules, line, work.slack.first());
            fillUnseen(line - view.vectors.begin, view.vectors, visible, nothing<T>);
            const std::int64_t at = (batch * tiles_.queries + query) * tiles_.heads + head;
            rows::scoreGradients(rules, line, dLine, work.slack.first(), whole_.lse[at],
                                 whole_.delta[at]);
        }
        if (view.keys.size() == 0) return;
        StripProduct<T> product = work.keys.part(view.keys.begin, view.keys.size(), 0, columns());
        product.a = dScores + view.keys.begin;
        product.c = work.dq.first();
        product.cStride = columns();
        product.rows = view.rows();
        multiply(product);
        const Matrix<T> dq = dq_.at(batch, head);
        rows::addRows<T>({dq.row(queries.begin), dq.stride}, nullptr, {work.dq.first(), columns()},
                         tiles_.scale, view.rows(), tiles_.size);
    }

    // sum[keys] += lines[rows, keys]^T * right[rows]
    void addTransposed(const LineBuffer<T>& lines, const Panels<T>& right, TokenSpan rows,
                       TokenSpan keys, LineBuffer<T>& sum) const {
        StripProduct<T> product = right.part(rows.begin, rows.size(), 0, columns());
        product.a = lines.first() + rows.begin * lineStride + keys.begin;
        product.aTransposed = true;
        product.c = sum.first() + keys.begin * columns();
        product.cStride = columns();
        product.rows = keys.size();
        product.add = true;
        multiply(product);
    }

    void addKeyGradients(Matrix<T> gradients, TokenSpan keys, const T* sums, T factor) const {
        rows::addRows<T>({gradients.row(keys.begin), gradients.stride}, nullptr, {sums, columns()},
                         factor, keys.size(), tiles_.size);
    }

    std::int64_t columns() const { return paddedColumns(tiles_.size); }

    const Tiles<T>& tiles_;
    WholeRows<T> whole_;
    Plane<T> dq_, dk_, dv_;
    std::int64_t gradientHeads_;  // of dk and dv: the key heads, or more that are summed up later
};

// For each query head, a key head's gradients that are still to be summed up.
at::Tensor zerosByQueryHead(const at::Tensor& sum, std::int64_t heads) {
    return at::zeros({sum.size(0), sum.size(1), heads, sum.size(3)}, sum.options());
}

template <typename T>
void addGradients(const BlockInput& block, const BlockOutput& whole, const at::Tensor& dOut,
                  const BlockGradients& sums) {
    const at::Tensor dRows = computable(dOut);
    const at::Tensor lse = whole.lse.contiguous();
    const at::Tensor delta = whole.delta.defined()
                                 ? whole.delta.contiguous()
                                 : at::mul(computable(whole.out), dRows).sum(3).contiguous();
    const std::int64_t heads = block.q.size(2);
    const std::int64_t keyHeads = block.k.size(2);
    const bool apart = block.k.size(0) * keyHeads < at::get_num_threads() && keyHeads < heads;
    const BlockGradients added = apart ? BlockGradients{sums.q, zerosByQueryHead(sums.k, heads),
                                                        zerosByQueryHead(sums.v, heads)}
                                       : sums;
    const WholeRows<T> forward{readOnly<T>(dRows), lse.const_data_ptr<T>(),
                               delta.const_data_ptr<T>()};
    const Tiles<T> tiles(block);
    BackwardPass<T>(tiles, forward, added).run();
    if (!apart) return;
    sums.k.add_(added.k.unflatten(2, {keyHeads, heads / keyHeads}).sum(3));
    sums.v.add_(added.v.unflatten(2, {keyHeads, heads / keyHeads}).sum(3));
}

}  // namespace

void addTiledGradients(const BlockInput& block, const BlockOutput& whole, const at::Tensor& dOut,
                       const BlockGradients& sums) {
    for (const at::Tensor* sum : {&sums.q, &sums.k, &sums.v})
        TORCH_CHECK(sum->scalar_type() == sumType(block.q) && sum->stride(3) == 1, "gradients of ",
                    block.q.scalar_type(), " cannot be added to a sum in ", sum->scalar_type());
    if (sumType(block.q) == at::kDouble)
        addGradients<double>(block, whole, dOut, sums);
    else
        addGradients<float>(block, whole, dOut, sums);
}

}  // namespace ringscope
