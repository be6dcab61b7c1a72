#include "kernels/block/merge.h"

#include "kernels/block/block_kernels.h"
#include "kernels/block/merge_rows.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>

namespace ringscope {
namespace {

constexpr std::int64_t rowsPerTask = 64;

// Where row (b, i, h) starts, in elements.
struct Rows {
    std::int64_t tokens;
    std::int64_t heads;
    std::int64_t batchStride;
    std::int64_t tokenStride;
    std::int64_t headStride;

    explicit Rows(const at::Tensor& tensor)
        : tokens(tensor.size(1)),
          heads(tensor.size(2)),
          batchStride(tensor.stride(0)),
          tokenStride(tensor.stride(1)),
          headStride(tensor.stride(2)) {}

    std::int64_t at(std::int64_t row) const {
        const std::int64_t head = row % heads;
        const std::int64_t token = row / heads % tokens;
        const std::int64_t batch = row / heads / tokens;
        return batch * batchStride + token * tokenStride + head * headStride;
    }
};

template <typename T, typename Part>
void mergeAll(at::Tensor& out, at::Tensor& lse, const BlockOutput& part) {
    const Rows outRows(out);
    const Rows lseRows(lse);
    const Rows partRows(part.out);
    const Rows partLseRows(part.lse);
    T* const outData = out.mutable_data_ptr<T>();
    T* const lseData = lse.mutable_data_ptr<T>();
    const Part* const partData = part.out.const_data_ptr<Part>();
    const T* const partLse = part.lse.const_data_ptr<T>();
    const std::int64_t size = out.size(3);
    at::parallel_for(0, lse.numel(), rowsPerTask, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
            T& rowLse = lseData[lseRows.at(row)];
            const MergeWeights<T> weights = mergeWeights(rowLse, partLse[partLseRows.at(row)]);
            rowLse = weights.lse;
            mergeRow(outData + outRows.at(row), partData + partRows.at(row), size, weights);
        }
    });
}

void expectRows(const at::Tensor& out, const at::Tensor& lse, const BlockOutput& part) {
    TORCH_CHECK(out.dim() == 4 && out.sizes() == part.out.sizes(), "cannot merge rows of shape ",
                part.out.sizes(), " into ", out.sizes());
    TORCH_CHECK(lse.sizes() == out.sizes().slice(0, 3) && part.lse.sizes() == lse.sizes(),
                "lse of shape ", part.lse.sizes(), " does not belong to rows of shape ",
                out.sizes());
    TORCH_CHECK(
        lse.scalar_type() == out.scalar_type() && part.lse.scalar_type() == lse.scalar_type(),
        "lse of type ", part.lse.scalar_type(), " merged into ", out.scalar_type());
    TORCH_CHECK(out.stride(3) == 1 && part.out.stride(3) == 1, "rows must be contiguous");
}

}  // namespace

void mergePartOnCpu(at::Tensor& out, at::Tensor& lse, const BlockOutput& part) {
    expectRows(out, lse, part);
    if (out.scalar_type() == at::kDouble) {
        mergeAll<double, double>(out, lse, part);
        return;
    }
    AT_DISPATCH_FLOATING_TYPES_AND2(at::kBFloat16, at::kHalf, part.out.scalar_type(), "mergePart",
                                    [&] { mergeAll<float, scalar_t>(out, lse, part); });
}

void mergePart(at::Tensor& out, at::Tensor& lse, const BlockOutput& part) {
    blockKernelsFor(out).merge(out, lse, part);
}

}  // namespace ringscope
