#include "backend/model/pattern_words.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

TEST(PatternWords, SayWhatIsComputed) {
    PatternConfig pattern{.segments = {64, 256}, .rates = {1, 4}, .block = 16, .local = 2};
    EXPECT_EQ(patternWords(pattern), "none");
    pattern.kind = PatternKind::Dilated;
    EXPECT_EQ(patternWords(pattern), "dilated 64:1 256:4");
    pattern.offsets = HeadOffsets::Torchscale;
    pattern.stopGradient = false;
    EXPECT_EQ(patternWords(pattern), "dilated 64:1 256:4 torchscale exact");
    pattern.kind = PatternKind::BlockSparse;
    EXPECT_EQ(patternWords(pattern), "local 2 of 16");
    pattern.stride = 4;
    pattern.levels = 3;
    pattern.globalTokens = 32;
    pattern.topK = 5;
    pattern.file = "mask.npy";
    EXPECT_EQ(patternWords(pattern), "local 2 stride 4 levels 3 global 32 top 5 mask.npy of 16");
    EXPECT_EQ(patternWords({.kind = PatternKind::BlockSparse, .block = 8}), "own blocks of 8");
}

}  // namespace
}  // namespace ringscope
