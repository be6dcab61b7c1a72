#include "kernels/block/row_copies.h"

#include "kernels/cuda/row_copy_twin.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <functional>

namespace ringscope {
namespace {

// (2, B, S, h, D) and the same as slices by rank, written out row by row.
struct Sequence {
    at::Tensor whole;
    at::Tensor slices;
};

Sequence sequenceOf(const ShardLayout& owned, std::int64_t tokens, at::ScalarType type,
                    std::int64_t headDim = 6) {
    const auto ranks = static_cast<std::int64_t>(owned.ranks());
    const at::Tensor whole = at::randn({2, 3, tokens, 2, headDim}).to(type);
    const at::Tensor slices = at::empty({ranks, 2, 3, tokens / ranks, 2, headDim}, whole.options());
    for (std::int64_t rank = 0; rank < ranks; ++rank) {
        std::int64_t row = 0;
        for (const TokenSpan& span : owned.spansOf(static_cast<int>(rank)))
            for (std::int64_t token = span.begin; token < span.end; ++token)
                slices[rank].select(2, row++).copy_(whole.select(2, token));
    }
    return {whole, slices};
}

const std::function<ShardLayout(const SequenceShape&)> layouts[] = {
    [](const SequenceShape& shape) { return contiguousLayout(shape).value(); },
    [](const SequenceShape& shape) { return zigzagLayout(shape).value(); },
    [](const SequenceShape& shape) { return stripedLayout(shape).value(); }};

// Striped tokens make more copies than one launch has room for.
TEST(RowCopies, BringSlicesIntoTokenOrderAndBack) {
    at::manual_seed(1);
    for (const auto& layout : layouts)
        for (const int ranks : {1, 2, 3, 4})
            for (const at::ScalarType type : {at::kFloat, at::kBFloat16, at::kDouble}) {
                const std::int64_t tokens = 240;
                const ShardLayout owned = layout({.worldSize = ranks, .tokens = tokens});
                const Sequence expected = sequenceOf(owned, tokens, type);
                at::Tensor whole = at::zeros_like(expected.whole);
                copyToTokenOrder(expected.slices, owned, whole);
                EXPECT_TRUE(at::equal(whole, expected.whole)) << ranks << " ranks, " << type;
                at::Tensor slices = at::zeros_like(expected.slices);
                copyToSlices(expected.whole, owned, slices);
                EXPECT_TRUE(at::equal(slices, expected.slices)) << ranks << " ranks, " << type;
            }
}

TEST(RowCopies, RefuseSlicesThatAreNotTheSequences) {
    const ShardLayout owned = zigzagLayout({.worldSize = 2, .tokens = 8}).value();
    const Sequence sequence = sequenceOf(owned, 8, at::kFloat);
    at::Tensor shorter = at::zeros({2, 3, 4, 2, 6});
    EXPECT_THROW(copyToTokenOrder(sequence.slices, owned, shorter), c10::Error);
    at::Tensor otherType = sequence.whole.to(at::kDouble);
    EXPECT_THROW(copyToTokenOrder(sequence.slices, owned, otherType), c10::Error);
}

// The kernel's source against the plain loop: long copies in pieces, short ones beside them, bytes
// that are no whole vectors, addresses that are not aligned.
TEST(RowCopies, AreTheSameByBlocksOfThreads) {
    at::manual_seed(2);
    for (const std::int64_t rowBytes : {1, 3, 16, 200})
        for (const std::int64_t shift : {0, 1, 16}) {
            const at::Tensor from = at::randint(256, {4 * 2000 * rowBytes + 16}, at::kByte);
            const at::Tensor plain = at::zeros_like(from);
            const at::Tensor byBlocks = at::zeros_like(from);
            RowCopyTask task{
                .from = from.data_ptr<std::uint8_t>() + shift,
                .rowBytes = rowBytes,
                .groups = 3,
                .groupRowsFrom = 2000,
                .groupRowsTo = 1900,
                .count = 4,
                .copies = {{0, 500, 1000}, {1000, 0, 1}, {1500, 1, 499}, {7, 1600, 0}}};
            task.to = plain.data_ptr<std::uint8_t>() + shift;
            copyRowsOnCpu(task);
            task.to = byBlocks.data_ptr<std::uint8_t>() + shift;
            copyRowsByBlocks(task);
            EXPECT_TRUE(at::equal(plain, byBlocks)) << rowBytes << " bytes, shifted by " << shift;
            EXPECT_TRUE(plain.any().item<bool>());
        }
}

}  // namespace
}  // namespace ringscope
