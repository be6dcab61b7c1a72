#include "kernels/attention/row_outputs.h"

#include <utility>

namespace ringscope {
namespace {

// Where a block's rows are among those of its branch.
RowPart ofBranch(const Block& block, std::int64_t each, std::int64_t step) {
    RowPart part = queriesOf(block, each);
    const std::int64_t begin = block.queries.begin / step;
    part.rows = {begin, begin + block.queryRows()};
    part.step = 1;
    if (step != block.queryStep) part = queriesOf(block, each);
    return part;
}

at::Tensor branchLike(const at::Tensor& like, std::int64_t step) {
    return like.narrow(1, 0, (like.size(1) + step - 1) / step);
}

}  // namespace

RowPart queriesOf(const Block& block, std::int64_t each) {
    return {.rows = block.queries,
            .step = block.queryStep,
            .heads = {block.heads.begin * each, block.heads.end * each}};
}

RowPart keysOf(const Block& block) {
    return {
        .rows = block.keys, .step = block.keyStep, .heads = {block.heads.begin, block.heads.end}};
}

RowOutputs::RowOutputs(const at::Tensor& like, std::int64_t each,
                       const std::vector<std::int64_t>& steps)
    : whole_(like), each_(each), steps_(steps) {
    for (const std::int64_t step : steps) branches_.emplace_back(branchLike(like, step));
}

void RowOutputs::add(const Block& block, BlockOutput part) {
    if (!branches_.empty()) {
        const auto branch = static_cast<std::size_t>(block.branch);
        // What is all of both sums would be the memory of both.
        BlockOutput copy =
            block.heads.size() == 0 ? BlockOutput{part.out.clone(), part.lse.clone()} : part;
        branches_[branch].addPart(ofBranch(block, each_, steps_[branch]), std::move(copy));
    }
    whole_.addPart(queriesOf(block, each_), std::move(part));
}

BlockOutput RowOutputs::takeSum() {
    BlockOutput whole = whole_.takeSum();
    for (PartialOutput& branch : branches_) whole.branches.push_back(branch.takeSum().out);
    return whole;
}

BlockOutput wholeOf(const BlockOutput& whole, const Block& block, std::int64_t each,
                    const std::vector<std::int64_t>& steps) {
    const RowPart rows = queriesOf(block, each);
    if (whole.branches.empty()) return {rowsOf(whole.out, rows), rowsOf(whole.lse, rows)};
    const auto branch = static_cast<std::size_t>(block.branch);
    return {rowsOf(whole.branches[branch], ofBranch(block, each, steps[branch])),
            rowsOf(whole.lse, rows)};
}

void appendOutput(const BlockOutput& whole, std::vector<at::Tensor>& saved) {
    saved.push_back(whole.out);
    saved.push_back(whole.lse);
    saved.insert(saved.end(), whole.branches.begin(), whole.branches.end());
}

BlockOutput outputAt(const std::vector<at::Tensor>& saved, std::size_t first,
                     std::size_t branches) {
    const auto begin = saved.begin() + static_cast<std::ptrdiff_t>(first);
    return {begin[0], begin[1], {begin + 2, begin + 2 + static_cast<std::ptrdiff_t>(branches)}};
}

}  // namespace ringscope
