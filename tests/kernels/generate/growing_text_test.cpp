#include "kernels/generate/growing_text.h"

#include <gmock/gmock.h>

#include <string>

namespace ringscope {
namespace {

GenerationRequest asked() {
    return {.prompt = {'a'}, .maxTokens = 6, .stops = {"--"}, .endTokens = {0}};
}

TEST(GrowingText, EndsWithAnEndToken) {
    GrowingText text(asked(), 0, Tokenizer::ofBytes());
    EXPECT_EQ(text.add('x').value().text, "x");
    const TextGrowth end = text.add(0).value();
    EXPECT_EQ(end.text, "");
    EXPECT_EQ(end.ended, endedByToken);
    EXPECT_TRUE(text.ended());
    EXPECT_EQ(text.made(), 2);
}

TEST(GrowingText, EndsBeforeAStopString) {
    GrowingText text(asked(), 0, Tokenizer::ofBytes());
    EXPECT_EQ(text.add('x').value().text, "x");
    EXPECT_EQ(text.add('-').value().text, "");
    const TextGrowth end = text.add('-').value();
    EXPECT_EQ(end.text, "");
    EXPECT_EQ(end.ended, endedByStop);
}

TEST(GrowingText, EndsAfterSoManyTokensWithAllOfItsText) {
    GrowingText text(asked(), 0, Tokenizer::ofBytes());
    std::string all;
    TextGrowth growth;
    for (const char each : std::string("abcde-")) {
        ASSERT_FALSE(text.ended());
        growth = text.add(each).value();
        all += growth.text;
    }
    EXPECT_EQ(all, "abcde-");
    EXPECT_EQ(growth.ended, endedByLength);
    EXPECT_EQ(text.last(), '-');
}

TEST(GrowingText, NeedsNoTokenizer) {
    GrowingText text(asked(), 0, {});
    EXPECT_EQ(text.add(5).value().text, "");
    EXPECT_EQ(text.add(0).value().ended, endedByToken);
}

}  // namespace
}  // namespace ringscope
