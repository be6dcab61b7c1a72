#include "kernels/attention/gathered_rows.h"

#include "kernels/block/block_kernels.h"
#include "kernels/block/cpu/scattered_rows.h"
#include "kernels/block/merge.h"

#include <ATen/ops/index.h>
#include <ATen/ops/tensor.h>

namespace ringscope {
namespace {

at::Tensor indexOn(const at::Tensor& like, const std::vector<std::int64_t>& numbers) {
    return at::tensor(at::ArrayRef<std::int64_t>(numbers)).to(like.device());
}

}  // namespace

GatheredRows::GatheredRows(std::int64_t item, const std::vector<std::int64_t>& rows,
                           const std::vector<std::int64_t>& heads, const at::Tensor& like)
    : item_(item), rows_(rows), heads_(heads) {
    if (blockKernelsFor(like).scatteredRows) return;
    index_ = indexOn(like, rows);
    headIndex_ = indexOn(like, heads);
}

at::Tensor GatheredRows::of(const at::Tensor& tensor, std::int64_t firstRow) const {
    const at::Tensor ofItem = tensor.select(0, item_);
    if (scattered()) return gathered({rows_, heads_, firstRow}, ofItem);
    return at::index(ofItem, {index_.sub(firstRow), headIndex_}).unsqueeze(0).unsqueeze(2);
}

void GatheredRows::merge(const BlockOutput& part, const BlockOutput& sum,
                         std::int64_t firstRow) const {
    at::Tensor outOfItem = sum.out.select(0, item_);
    at::Tensor lseOfItem = sum.lse.select(0, item_);
    if (scattered()) {
        mergeScattered({rows_, heads_, firstRow}, part, outOfItem, lseOfItem);
        return;
    }
    at::Tensor out = of(sum.out, firstRow);
    at::Tensor lse = of(sum.lse, firstRow);
    mergePart(out, lse, part);
    const at::Tensor rows = index_.sub(firstRow);
    outOfItem.index_put_({rows, headIndex_}, out.squeeze(2).squeeze(0));
    lseOfItem.index_put_({rows, headIndex_}, lse.squeeze(2).squeeze(0));
}

void GatheredRows::add(const at::Tensor& values, const at::Tensor& sum,
                       std::int64_t firstRow) const {
    at::Tensor ofItem = sum.select(0, item_);
    if (scattered()) {
        addScattered({rows_, heads_, firstRow}, values, ofItem);
        return;
    }
    const at::Tensor whole = of(sum, firstRow).add_(values);
    ofItem.index_put_({index_.sub(firstRow), headIndex_}, whole.squeeze(2).squeeze(0));
}

}  // namespace ringscope
