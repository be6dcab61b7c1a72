#include "kernels/block/partial_result.h"

#include "kernels/block/merge.h"
#include "kernels/device/number_format.h"

#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <limits>
#include <utility>

namespace ringscope {
namespace {

bool isAll(const RowPart& part, const at::Tensor& like) {
    return part.rows.begin == 0 && part.rows.end == like.size(1) && part.step == 1 &&
           part.heads.size() == 0;
}

}  // namespace

at::Tensor rowsOf(const at::Tensor& tensor, TokenSpan span) {
    return tensor.narrow(1, span.begin, span.size());
}

at::Tensor rowsOf(const at::Tensor& tensor, const RowPart& part) {
    at::Tensor rows = part.step == 1 ? rowsOf(tensor, part.rows)
                                     : tensor.slice(1, part.rows.begin, part.rows.end, part.step);
    if (part.heads.size() == 0) return rows;
    return rows.narrow(2, part.heads.begin, part.heads.size());
}

TokenSpan relativeTo(TokenSpan origin, TokenSpan span) {
    return {span.begin - origin.begin, span.end - origin.begin};
}

void PartialOutput::startEmpty() {
    const at::TensorOptions options = like_.options().dtype(sumType(like_));
    sum_.out = at::zeros(like_.sizes(), options);
    sum_.lse =
        at::full(like_.sizes().slice(0, 3), -std::numeric_limits<double>::infinity(), options);
}

void PartialOutput::add(TokenSpan rows, BlockOutput part) {
    addPart({.rows = rows}, std::move(part));
}

void PartialOutput::addPart(const RowPart& rows, BlockOutput part) {
    if (!sum_.out.defined() && isAll(rows, like_)) {
        sum_ = {part.out.to(sumType(like_)), part.lse};
        return;
    }
    if (!sum_.out.defined()) startEmpty();
    at::Tensor out = rowsOf(sum_.out, rows);
    at::Tensor lse = rowsOf(sum_.lse, rows);
    mergePart(out, lse, part);
}

const BlockOutput& PartialOutput::sum() {
    if (!sum_.out.defined()) startEmpty();
    return sum_;
}

BlockOutput PartialOutput::takeSum() {
    if (!sum_.out.defined()) startEmpty();
    return std::exchange(sum_, {});
}

at::Tensor emptySum(const at::Tensor& like) {
    return at::zeros(like.sizes(), like.options().dtype(sumType(like)));
}

}  // namespace ringscope
