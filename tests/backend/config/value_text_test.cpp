#include "backend/config/value_text.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <bit>
#include <limits>

namespace ringscope {
namespace {

TEST(ParseInteger, ReadsPlainDigitsAndUnderscoresBetweenThem) {
    EXPECT_EQ(parseInteger("4096"), 4096);
    EXPECT_EQ(parseInteger(" -3 "), -3);
    EXPECT_EQ(parseInteger("1_000_000"), 1'000'000);
    EXPECT_EQ(parseInteger("007"), 7);
    EXPECT_EQ(parseInteger("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
}

TEST(ParseInteger, RefusesEverythingElse) {
    for (const char* text : {"", " ", "_1", "1_", "1__0", "-_1", "8k", "1e3", "1.0", "0x10", "+1",
                             "1,000", "1 000", "9223372036854775808", "twelve"})
        EXPECT_EQ(parseInteger(text), std::nullopt) << text;
}

TEST(ParseReal, ReadsFiniteDecimalsOnly) {
    EXPECT_EQ(parseReal("1e-3"), 0.001);
    EXPECT_EQ(parseReal(" 5 "), 5.0);
    EXPECT_EQ(parseReal("-.5"), -0.5);
    for (const char* text :
         {"", "nan", "inf", "-inf", ".inf", "1e999", "1.0.0", "1,5", "0x1p3", "x"})
        EXPECT_EQ(parseReal(text), std::nullopt) << text;
}

RC_GTEST_PROP(FormatReal, ReadsBackAsExactlyTheSameNumber, ()) {
    const auto bits = *rc::gen::inRange<std::uint64_t>(0, 0x7ff0'0000'0000'0000U);  // all finite
    const double value = std::bit_cast<double>(bits);
    RC_ASSERT(parseReal(formatReal(value)) == value);
    RC_ASSERT(parseReal(formatReal(-value)) == -value);
}

TEST(FormatReal, WritesWhatAPersonWouldWrite) {
    for (const char* text :
         {"0", "0.1", "-0.5", "10000", "500000", "1000000", "100000000", "999999999999999",
          "0.0003", "0.0001", "1234567.5", "1e-5", "-2.5e-8", "1e-12", "1e15", "2.5e20", "1e100"})
        EXPECT_EQ(formatReal(parseReal(text).value()), text);
}

TEST(ParseStepRange, TakesTwoStepsWithOrWithoutBrackets) {
    EXPECT_EQ(parseStepRange("[3, 6]"), (StepRange{3, 6}));
    EXPECT_EQ(parseStepRange("3,6"), (StepRange{3, 6}));
    for (const char* text : {"", "3", "[3]", "[3, 6", "3, 6]", "[3, 6, 9]", "[3, x]", "[", "[]"})
        EXPECT_EQ(parseStepRange(text), std::nullopt) << text;
}

TEST(ParseTextList, TakesItemsWithOrWithoutBrackets) {
    using Items = std::vector<std::string>;
    EXPECT_EQ(parseTextList("[a, b]"), (Items{"a", "b"}));
    EXPECT_EQ(parseTextList("a,b"), (Items{"a", "b"}));
    EXPECT_EQ(parseTextList("[]"), Items{});
    EXPECT_EQ(parseTextList(""), Items{});
    for (const char* text : {"a,", ",", "a b", "[a", "[[a]]", "a\tb\n,c", "[a],[b]"})
        EXPECT_EQ(parseTextList(text), std::nullopt) << text;
}

TEST(FormatSize, UsesTheLargestUnitThatIsExact) {
    EXPECT_EQ(formatSize({0}), "0");
    EXPECT_EQ(formatSize({1000}), "1000");
    EXPECT_EQ(formatSize({1 << 30}), "1GiB");
    EXPECT_EQ(formatSize({1536 << 20}), "1536MiB");
    EXPECT_EQ(formatSize({std::int64_t{1} << 50}), "1024TiB");
}

RC_GTEST_PROP(FormatSize, ReadsBackAsExactlyTheSameSize, ()) {
    const Bytes size{*rc::gen::inRange<std::int64_t>(0, (std::int64_t{1} << 50) + 1)};
    RC_ASSERT(parseBytes(formatSize(size)).value() == size);
}

TEST(FirstUnprintable, FindsControlCharactersAndBrokenUtf8) {
    EXPECT_TRUE(isPrintable("plain, é, …, 😀"));
    EXPECT_EQ(firstUnprintable("ab\ncd"), 2U);
    EXPECT_EQ(firstUnprintable(std::string_view("a\0b", 3)), 1U);
    EXPECT_EQ(firstUnprintable("é\x7f"), 2U);
    for (const char* broken : {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf5",
                               "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xc2\x85", "\xe2\x80"})
        EXPECT_EQ(firstUnprintable(broken), 0U) << testing::PrintToString(broken);
}

TEST(Shown, CutsLongTextAndReplacesWhatCannotBePrinted) {
    EXPECT_EQ(shown("abc"), "'abc'");
    EXPECT_EQ(shown("a\x1b[31m\xff"), "'a?[31m?'");
    EXPECT_EQ(shown(std::string(60, 'a')), "'" + std::string(60, 'a') + "'");
    EXPECT_EQ(shown(std::string(1000, 'a')), "'" + std::string(60, 'a') + "…'");
}

}  // namespace
}  // namespace ringscope
