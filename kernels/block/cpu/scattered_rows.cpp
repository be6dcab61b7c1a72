#include "kernels/block/cpu/scattered_rows.h"

#include "kernels/block/cpu/score_rows.h"
#include "kernels/block/merge_rows.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include <cstring>
#include <iterator>

namespace ringscope {
namespace {

constexpr std::int64_t rowsOfTask = 256;

std::int64_t columnsOf(const at::Tensor& tensor) { return tensor.dim() == 3 ? tensor.size(2) : 1; }

// So many rows on, the row's cache lines are fetched: rows far apart are waited for otherwise.
constexpr std::int64_t rowsAhead = 6;
constexpr std::int64_t lineBytes = 64;

// Calls `see` with each row's number and where it begins in the tensor, in elements.
template <typename See>
void forRows(const ScatteredRows& places, const at::Tensor& tensor, const See& see) {
    TORCH_CHECK(tensor.dim() == 2 || tensor.stride(2) == 1, "rows must be contiguous");
    const std::int64_t ofRow = tensor.stride(0);
    const std::int64_t ofHead = tensor.stride(1);
    const auto element = static_cast<std::int64_t>(tensor.element_size());
    const std::int64_t bytes = columnsOf(tensor) * element;
    const auto* const first = static_cast<const std::byte*>(tensor.const_data_ptr());
    const auto begins = [&](std::int64_t row) {
        const auto at = static_cast<std::size_t>(row);
        return (places.rows[at] - places.firstRow) * ofRow + places.heads[at] * ofHead;
    };
    at::parallel_for(
        0, std::ssize(places.rows), rowsOfTask, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t row = begin; row < end; ++row) {
                if (row + rowsAhead < end)
                    for (std::int64_t line = 0; line < bytes; line += lineBytes)
                        __builtin_prefetch(first + begins(row + rowsAhead) * element + line);
                see(row, begins(row));
            }
        });
}

template <typename T>
void addRowsTo(const ScatteredRows& places, const at::Tensor& values, const at::Tensor& sum) {
    const std::int64_t columns = columnsOf(sum);
    const T* const from = values.const_data_ptr<T>();
    T* const to = sum.mutable_data_ptr<T>();
    forRows(places, sum, [&](std::int64_t row, std::int64_t at) {
        rows::addRows<T>({to + at, columns}, nullptr, {from + row * columns, columns}, T(1), 1,
                         columns);
    });
}

template <typename T>
void mergeRowsTo(const ScatteredRows& places, const BlockOutput& part, const at::Tensor& out,
                 const at::Tensor& lse) {
    const std::int64_t columns = columnsOf(out);
    const T* const from = part.out.const_data_ptr<T>();
    const T* const partLse = part.lse.const_data_ptr<T>();
    T* const to = out.mutable_data_ptr<T>();
    T* const toLse = lse.mutable_data_ptr<T>();
    forRows(places, out, [&](std::int64_t row, std::int64_t at) {
        const auto i = static_cast<std::size_t>(row);
        T& rowLse = toLse[(places.rows[i] - places.firstRow) * lse.stride(0) +
                          places.heads[i] * lse.stride(1)];
        const MergeWeights<T> weights = mergeWeights(rowLse, partLse[row]);
        rowLse = weights.lse;
        if (weights.before == T(0) || weights.part == T(0))
            mergeRow(to + at, from + row * columns, columns, weights);
        else
            rows::addRows<T>({to + at, columns}, &weights.before, {from + row * columns, columns},
                             weights.part, 1, columns);
    });
}

}  // namespace

at::Tensor gathered(const ScatteredRows& places, const at::Tensor& tensor) {
    const std::int64_t columns = columnsOf(tensor);
    const std::int64_t count = std::ssize(places.rows);
    at::Tensor rows = tensor.dim() == 3 ? at::empty({1, count, 1, columns}, tensor.options())
                                        : at::empty({1, count, 1}, tensor.options());
    const auto element = static_cast<std::int64_t>(tensor.element_size());
    const auto* const from = static_cast<const std::byte*>(tensor.const_data_ptr());
    auto* const to = static_cast<std::byte*>(rows.mutable_data_ptr());
    const auto bytes = static_cast<std::size_t>(columns * element);
    forRows(places, tensor, [&](std::int64_t row, std::int64_t at) {
        std::memcpy(to + row * columns * element, from + at * element, bytes);
    });
    return rows;
}

void addScattered(const ScatteredRows& places, const at::Tensor& values, const at::Tensor& sum) {
    if (sum.scalar_type() == at::kDouble)
        addRowsTo<double>(places, values, sum);
    else
        addRowsTo<float>(places, values, sum);
}

void mergeScattered(const ScatteredRows& places, const BlockOutput& part, const at::Tensor& out,
                    const at::Tensor& lse) {
    TORCH_CHECK(part.out.scalar_type() == out.scalar_type() && part.out.is_contiguous() &&
                    part.lse.is_contiguous(),
                "rows of ", part.out.scalar_type(), " cannot be merged into ", out.scalar_type());
    if (out.scalar_type() == at::kDouble)
        mergeRowsTo<double>(places, part, out, lse);
    else
        mergeRowsTo<float>(places, part, out, lse);
}

}  // namespace ringscope
