#include "kernels/block/row_copies.h"

#include "kernels/block/block_kernels.h"

#include <ATen/Parallel.h>
#include <c10/util/Exception.h>

#include <cstring>
#include <utility>
#include <vector>

namespace ringscope {
namespace {

struct Shape {
    std::int64_t groups;    // what is between ranks and rows
    std::int64_t shard;     // rows of a rank
    std::int64_t sequence;  // rows of all
    std::int64_t rowBytes;

    Shape(const at::Tensor& slices, const at::Tensor& whole)
        : shard(slices.size(-3)),
          sequence(whole.size(-3)),
          rowBytes(whole.size(-2) * whole.size(-1) *
                   static_cast<std::int64_t>(whole.element_size())) {
        const std::int64_t ranks = slices.size(0);
        const std::int64_t rows = whole.numel() / (whole.size(-2) * whole.size(-1));
        groups = rows / sequence;
        TORCH_CHECK(slices.is_contiguous() && whole.is_contiguous() &&
                        slices.scalar_type() == whole.scalar_type() &&
                        slices.numel() == whole.numel() && ranks * shard == sequence,
                    "slices of shape ", slices.sizes(), " are not those of ", whole.sizes());
    }
};

// Row numbers within one group: in a rank's slice those of earlier ranks' groups come before.
std::vector<RowCopy> slicesToWhole(const Shape& shape, const ShardLayout& owned) {
    std::vector<RowCopy> copies;
    for (int rank = 0; rank < owned.ranks(); ++rank) {
        std::int64_t row = rank * shape.groups * shape.shard;
        for (const TokenSpan& span : owned.spansOf(rank)) {
            copies.push_back({row, span.begin, span.size()});
            row += span.size();
        }
    }
    return copies;
}

void copyAll(RowCopyTask task, const std::vector<RowCopy>& copies, const at::Tensor& on) {
    for (const RowCopy& copy : copies) {
        task.copies[task.count++] = copy;
        if (task.count < RowCopyTask::mostCopies && &copy != &copies.back()) continue;
        blockKernelsFor(on).copyRows(task);
        task.count = 0;
    }
}

}  // namespace

void copyToTokenOrder(const at::Tensor& slices, const ShardLayout& owned, at::Tensor& whole) {
    const Shape shape(slices, whole);
    copyAll({.from = slices.const_data_ptr(),
             .to = whole.mutable_data_ptr(),
             .rowBytes = shape.rowBytes,
             .groups = shape.groups,
             .groupRowsFrom = shape.shard,
             .groupRowsTo = shape.sequence},
            slicesToWhole(shape, owned), whole);
}

void copyToSlices(const at::Tensor& whole, const ShardLayout& owned, at::Tensor& slices) {
    const Shape shape(slices, whole);
    std::vector<RowCopy> copies = slicesToWhole(shape, owned);
    for (RowCopy& copy : copies) std::swap(copy.from, copy.to);
    copyAll({.from = whole.const_data_ptr(),
             .to = slices.mutable_data_ptr(),
             .rowBytes = shape.rowBytes,
             .groups = shape.groups,
             .groupRowsFrom = shape.sequence,
             .groupRowsTo = shape.shard},
            copies, whole);
}

void copyRowsOnCpu(const RowCopyTask& task) {
    at::parallel_for(0, task.count * task.groups, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            const RowCopy& copy = task.copies[i % task.count];
            const std::int64_t group = i / task.count;
            std::memcpy(
                static_cast<char*>(task.to) + (copy.to + group * task.groupRowsTo) * task.rowBytes,
                static_cast<const char*>(task.from) +
                    (copy.from + group * task.groupRowsFrom) * task.rowBytes,
                static_cast<std::size_t>(copy.count * task.rowBytes));
        }
    });
}

}  // namespace ringscope
