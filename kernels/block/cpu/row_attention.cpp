#include "kernels/block/cpu/row_attention.h"

#include "kernels/block/cpu/row_products.h"
#include "kernels/block/cpu/score_rows.h"
#include "kernels/device/number_format.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

namespace ringscope {
namespace {

constexpr std::int64_t keysOfTile = 128;     // scores of so many keys exist at once
constexpr std::int64_t worthAThread = 8192;  // multiplications

template <typename S>
const S* elementsOf(const at::Tensor& tensor) {
    return static_cast<const S*>(tensor.const_data_ptr());
}

// Query heads that share a head of keys, of one query.
template <typename S>
class RowPass {
public:
    using Sum = Wide<S>;

    RowPass(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const ScoreRules& rules,
            BlockOutput& output)
        : heads_(q.size(1)),
          columns_(q.size(2)),
          group_(heads_ / k.size(1)),
          row_(k.stride(0)),
          head_(k.stride(1)),
          q_(elementsOf<S>(q)),
          k_(elementsOf<S>(k)),
          v_(elementsOf<S>(v)),
          out_(output.out.template mutable_data_ptr<Sum>()),
          lse_(output.lse.template mutable_data_ptr<Sum>()),
          rules_(rules),
          scale_(static_cast<Sum>(
              rules.scale.value_or(1 / std::sqrt(static_cast<double>(columns_))))) {}

    void operator()(const RowQuery& query, std::int64_t number, std::int64_t keyHead) const {
        LineBuffer<Sum> queries(group_ * columns_);
        LineBuffer<Sum> scores(keysOfTile);
        const std::int64_t first = number * heads_ + keyHead * group_;  // query head
        for (std::int64_t i = 0; i < group_; ++i)
            rows::widenRow<S>(q_ + (first + i) * columns_, scale_, columns_,
                              queries.first() + i * columns_);
        std::vector<Sum> largest(static_cast<std::size_t>(group_), nothing);
        std::vector<Sum> sums(static_cast<std::size_t>(group_), Sum(0));
        for (const KeyPiece& piece : query.pieces)
            for (std::int64_t key = 0; key < piece.rows; key += keysOfTile) {
                const std::int64_t count = std::min(keysOfTile, piece.rows - key);
                const std::int64_t at = (piece.slot + key * piece.step) * row_ + keyHead * head_;
                const std::int64_t apart = piece.step * row_;
                for (std::int64_t i = 0; i < group_; ++i) {
                    const std::int64_t head = keyHead * group_ + i;
                    if (!sees(piece, head)) continue;
                    const auto own = static_cast<std::size_t>(i);
                    rows::multiplyRows<S>(queries.first() + i * columns_, {k_ + at, apart}, count,
                                          columns_, scores.first());
                    const auto row =
                        rowOf(head, query.token, piece.tokens.at(key), piece.tokens.stride, count);
                    Sum* out = out_ + (first + i) * columns_;
                    weigh(row, count, scores.first(), out, largest[own], sums[own]);
                    rows::addWeightedRows<S>(scores.first(), {v_ + at, apart}, count, columns_,
                                             out);
                }
            }
        for (std::int64_t i = 0; i < group_; ++i) {
            const auto own = static_cast<std::size_t>(i);
            if (!(sums[own] > Sum(0))) continue;
            rows::scaleRow(out_ + (first + i) * columns_, columns_, Sum(1) / sums[own]);
            lse_[first + i] = largest[own] + std::log(sums[own]);
        }
    }

private:
    static constexpr Sum nothing = -std::numeric_limits<Sum>::infinity();

    static bool sees(const KeyPiece& piece, std::int64_t head) {
        return piece.heads.size() == 0 || (head >= piece.heads.begin && head < piece.heads.end);
    }

    rows::ScoreRow<Sum> rowOf(std::int64_t head, std::int64_t token, std::int64_t firstKey,
                              std::int64_t stride, std::int64_t count) const {
        const std::int64_t whole =
            (count + rows::rowColumns - 1) / rows::rowColumns * rows::rowColumns;
        rows::ScoreRow<Sum> row{.size = whole,
                                .distance = token - firstKey,
                                .firstKey = firstKey,
                                .keyStride = stride,
                                .softcap = static_cast<Sum>(rules_.softcap.value_or(0))};
        if (rules_.alibiHeads > 0)
            row.slope = static_cast<Sum>(alibiSlope(rules_.firstHead + head, rules_.alibiHeads));
        return row;
    }

    // Scores become weights; what was summed so far is scaled to the same shift.
    void weigh(const rows::ScoreRow<Sum>& row, std::int64_t count, Sum* scores, Sum* out,
               Sum& largest, Sum& sum) const {
        std::fill(scores + count, scores + row.size, Sum(0));
        rows::bendScores(row, scores, static_cast<Sum*>(nullptr));
        std::fill(scores + count, scores + row.size, nothing);
        const Sum most = std::max(largest, rows::largestScore(scores, row.size));
        if (most > largest && sum > Sum(0)) {
            const Sum factor = std::exp(largest - most);
            rows::scaleRow(out, columns_, factor);
            sum *= factor;
        }
        largest = most;
        sum += rows::weighScores(row, scores, most);
    }

    std::int64_t heads_, columns_, group_, row_, head_;
    const S* q_;
    const S* k_;
    const S* v_;
    Sum* out_;
    Sum* lse_;
    const ScoreRules& rules_;
    Sum scale_;
};

template <typename S>
BlockOutput rowsIn(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                   const std::vector<RowQuery>& queries, const ScoreRules& rules) {
    const at::TensorOptions sums = q.options().dtype(sumType(q));
    BlockOutput output{
        at::zeros(q.sizes(), sums),
        at::full({q.size(0), q.size(1)}, -std::numeric_limits<double>::infinity(), sums)};
    const RowPass<S> pass(q, k, v, rules, output);
    const std::int64_t keyHeads = k.size(1);
    std::int64_t keys = 0;
    for (const RowQuery& query : queries)
        for (const KeyPiece& piece : query.pieces) keys += piece.rows;
    const std::int64_t items = std::ssize(queries) * keyHeads;
    const std::int64_t work = keys * q.size(1) * q.size(2) / std::max<std::int64_t>(1, items);
    const std::int64_t grain =
        std::max<std::int64_t>(1, worthAThread / std::max<std::int64_t>(1, work));
    at::parallel_for(0, items, grain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t item = begin; item < end; ++item) {
            const std::int64_t number = item / keyHeads;
            pass(queries[static_cast<std::size_t>(number)], number, item % keyHeads);
        }
    });
    return output;
}

}  // namespace

BlockOutput rowAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                         const std::vector<RowQuery>& queries, const ScoreRules& rules) {
    switch (q.scalar_type()) {
        case at::kDouble:
            return rowsIn<double>(q, k, v, queries, rules);
        case at::kBFloat16:
            return rowsIn<Bfloat16>(q, k, v, queries, rules);
        case at::kHalf:
            return rowsIn<Float16>(q, k, v, queries, rules);
        default:
            return rowsIn<float>(q, k, v, queries, rules);
    }
}

}  // namespace ringscope
