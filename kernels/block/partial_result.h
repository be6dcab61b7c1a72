// Results of rows that grow block by block: attention outputs, and sums of gradients.
#pragma once

#include "backend/plan/layout.h"
#include "kernels/block/block_attention.h"

namespace ringscope {

// Rows of `tensor` (B, n, ...); a view.
at::Tensor rowsOf(const at::Tensor& tensor, TokenSpan span);

// Every step-th of some rows, the first and the last included, and of some heads.
struct RowPart {
    TokenSpan rows{};
    std::int64_t step = 1;
    TokenSpan heads{};  // none: all
};

// These rows of `tensor` (B, n, H, ...); a view.
at::Tensor rowsOf(const at::Tensor& tensor, const RowPart& part);

// `span` counted from `origin`.
TokenSpan relativeTo(TokenSpan origin, TokenSpan span);

// The attention output of query rows, merged from blocks of keys.
class PartialOutput {
public:
    // like: (B, n, H, D), for shape and type.
    explicit PartialOutput(const at::Tensor& like) : like_(like) {}

    void add(TokenSpan rows, BlockOutput part);
    void addPart(const RowPart& rows, BlockOutput part);

    // What was added so far, to be added to in place.
    const BlockOutput& sum();

    // In the accumulator's type. Rows nothing was added to: 0 and -inf.
    BlockOutput takeSum();

private:
    void startEmpty();

    at::Tensor like_;
    BlockOutput sum_{};
};

// A sum of nothing yet: zeros in the shape of `like` and the type sums are kept in.
at::Tensor emptySum(const at::Tensor& like);

}  // namespace ringscope
