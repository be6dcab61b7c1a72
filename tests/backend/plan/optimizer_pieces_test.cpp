#include "backend/plan/optimizer_pieces.h"

#include <gtest/gtest.h>

#include <vector>

namespace ringscope {
namespace {

// Gains before and behind large parameters, one that nothing trains, and none of a round size.
std::vector<ParameterSpec> someParameters() {
    std::vector<ParameterSpec> list = {
        {.name = "norm", .shape = {100}},
        {.name = "weight", .shape = {700, 1001}},
        {.name = "router.bias", .shape = {9}, .trained = false},
        {.name = "gain", .shape = {33}},
        {.name = "other", .shape = {600'003}},
    };
    std::int64_t offset = 0;
    for (ParameterSpec& spec : list) {
        spec.offset = offset;
        offset += spec.elements();
    }
    return list;
}

const std::vector<BufferPart> slices = {
    {0, 1'300'848}, {50, 1'000'000}, {12'345, 777'777}, {7, 20}};

TrainConfig trainWith(OptimizerKind optimizer, NumberFormat precision) {
    TrainConfig train;
    train.optimizer = optimizer;
    train.precision = precision;
    return train;
}

TEST(OptimizerPieces, CoverASliceOneAfterTheOther) {
    for (const OptimizerKind optimizer : {OptimizerKind::AdamW, OptimizerKind::AdamW8bit})
        for (const BufferPart& slice : slices) {
            std::int64_t end = 0;
            const std::vector<OptimizerPiece> pieces =
                optimizerPieces(someParameters(), trainWith(optimizer, NumberFormat::Fp32), slice);
            for (const OptimizerPiece& piece : pieces) {
                EXPECT_EQ(piece.elements.begin, end);
                EXPECT_GT(piece.elements.count, 0);
                EXPECT_LE(piece.elements.count, mostPieceElements);
                end += piece.elements.count;
            }
            EXPECT_EQ(end, slice.count);
        }
}

// A block in two pieces would have two pairs of scales, and other numbers.
TEST(OptimizerPieces, TrainTheSameElementsInTheSameBlocksAsTheSlice) {
    for (const BufferPart& slice : slices) {
        const MomentScalars whole = momentScalars(trainedRanges(
            someParameters(), trainWith(OptimizerKind::AdamW8bit, NumberFormat::Fp32), slice));
        MomentScalars sum;
        for (const OptimizerPiece& piece :
             optimizerPieces(someParameters(),
                             trainWith(OptimizerKind::AdamW8bit, NumberFormat::Fp32), slice)) {
            const MomentScalars own = momentScalars(piece.trained);
            sum.exact += own.exact;
            sum.eightBit += own.eightBit;
            sum.blocks += own.blocks;
            for (const ElementRange& range : piece.trained) {
                EXPECT_GE(range.begin, 0);
                EXPECT_LE(range.begin + range.count, piece.elements.count);
            }
        }
        EXPECT_EQ(sum.exact, whole.exact);
        EXPECT_EQ(sum.eightBit, whole.eightBit);
        EXPECT_EQ(sum.blocks, whole.blocks);
    }
}

TEST(OptimizerPieces, HaveRecordsOfWhatTheOptimizerKeeps) {
    const std::vector<ParameterSpec> list = {{.name = "weight", .shape = {100, 50}}};
    const auto bytesWith = [&](OptimizerKind optimizer, NumberFormat precision) {
        const std::vector<OptimizerPiece> pieces =
            optimizerPieces(list, trainWith(optimizer, precision), {0, 5056});
        EXPECT_EQ(pieces.size(), 1U);
        return pieces.front().record.bytes();
    };
    EXPECT_EQ(bytesWith(OptimizerKind::AdamW, NumberFormat::Fp32), 2 * (5000 * 4 + 32));
    EXPECT_EQ(bytesWith(OptimizerKind::AdamW, NumberFormat::Fp64), 2 * 5000 * 8);
    EXPECT_EQ(bytesWith(OptimizerKind::AdamW, NumberFormat::Bf16), 5056 * 4 + 2 * (5000 * 4 + 32))
        << "a copy in fp32, of padding, too";
    EXPECT_EQ(bytesWith(OptimizerKind::AdamW8bit, NumberFormat::Fp32),
              2 * (5000 + 56 + 20 * 4 + 48));
}

}  // namespace
}  // namespace ringscope
