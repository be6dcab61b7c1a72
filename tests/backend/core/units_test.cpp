#include "backend/core/units.h"

#include <gtest/gtest.h>
#include <limits>

namespace ringscope {
namespace {

using namespace std::chrono_literals;

TEST(FormatBytes, WritesThreeDigitsAndABinaryUnit) {
    EXPECT_EQ(formatBytes({0}), "0 B");
    EXPECT_EQ(formatBytes({1023}), "1023 B");
    EXPECT_EQ(formatBytes({1024}), "1.00 KiB");
    EXPECT_EQ(formatBytes({1536}), "1.50 KiB");
    EXPECT_EQ(formatBytes({10 << 20}), "10.0 MiB");
    EXPECT_EQ(formatBytes({std::numeric_limits<std::int64_t>::max()}), "8.00 EiB");
    EXPECT_EQ(formatBytes({-2048}), "-2.00 KiB");
}

TEST(FormatBytes, TakesTheNextUnitBeforeAThousandAndTwentyFour) {
    EXPECT_EQ(formatBytes({(1 << 20) - 1}), "1.00 MiB");
    EXPECT_EQ(formatBytes({1023 << 10}), "1023 KiB");
}

TEST(ParseBytes, ReadsUnitsInAnySpellingWithOrWithoutASpace) {
    for (const char* text : {"1GiB", "1 GiB", "1gb", " 1G ", "1024MiB", "1048576k", "1073741824"})
        EXPECT_EQ(parseBytes(text).value(), Bytes{1 << 30}) << text;
    EXPECT_EQ(parseBytes("1.5KiB").value(), Bytes{1536});
    EXPECT_EQ(parseBytes("7 B").value(), Bytes{7});
    EXPECT_EQ(parseBytes("0").value(), Bytes{0});
}

TEST(ParseBytes, RefusesWhatIsNoSizeWithTheTextInTheSentence) {
    for (const char* text : {"", "GiB", "-1", "1XB", "1 Gi B", "nan", "inf", "nan(1)", "1GiBs",
                             "0x10", "9.3e18", "16EiB", "8388608TiB"}) {
        const Result<Bytes> size = parseBytes(text);
        ASSERT_FALSE(size.ok()) << text << " was read as " << size->count;
        EXPECT_EQ(size.error().code, ErrorCode::InvalidConfig);
        EXPECT_EQ(size.error().message,
                  "expected a size like 512MiB or 1GiB; got '" + std::string(text) + "'");
    }
}

TEST(ParseCount, ReadsBinaryUnits) {
    EXPECT_EQ(parseCount("128k"), 131'072);
    EXPECT_EQ(parseCount("128K"), 131'072);
    EXPECT_EQ(parseCount("128Ki"), 131'072);
    EXPECT_EQ(parseCount(" 1M "), 1'048'576);
    EXPECT_EQ(parseCount("1.5Mi"), 1'572'864);
    EXPECT_EQ(parseCount("2G"), 2'147'483'648);
}

TEST(ParseCount, MeansTheSameAsSizesDo) {
    for (const char* text : {"1k", "12k", "3M", "3G"})
        EXPECT_EQ(parseCount(text), parseBytes(text).value().count) << text;
}

TEST(ParseCount, IsNothingWhereThereIsNoUnitOrNoWholeNumber) {
    for (const char* text : {"", "k", "4096", "-1k", "0.1k", "1kk", "1 k", "1kB", "1m", "1T",
                             "1e3k", "1i", "1..5k", "9999999999G"})
        EXPECT_EQ(parseCount(text), std::nullopt) << text;
}

TEST(FormatFlops, CountsInThousands) {
    EXPECT_EQ(formatFlops(25e9), "25.0 GFLOP");
    EXPECT_EQ(formatFlops(999.4e12), "999 TFLOP");
    EXPECT_EQ(formatFlops(1.2e15), "1.20 PFLOP");
    EXPECT_EQ(formatFlops(1.056e18), "1.06 EFLOP");
    EXPECT_EQ(formatFlops(0), "0.00 FLOP");
}

TEST(FormatCount, GroupsDigitsByThree) {
    EXPECT_EQ(formatCount(0), "0");
    EXPECT_EQ(formatCount(999), "999");
    EXPECT_EQ(formatCount(1000), "1,000");
    EXPECT_EQ(formatCount(-1234567), "-1,234,567");
    EXPECT_EQ(formatCount(-999), "-999");
    EXPECT_EQ(formatCount(std::numeric_limits<std::int64_t>::min()), "-9,223,372,036,854,775,808");
}

TEST(FormatSignificant, KeepsThreeDigitsAtEverySize) {
    EXPECT_EQ(formatSignificant(2410.2), "2,410");
    EXPECT_EQ(formatSignificant(999.6), "1,000");
    EXPECT_EQ(formatSignificant(24.06), "24.1");
    EXPECT_EQ(formatSignificant(1), "1.00");
    EXPECT_EQ(formatSignificant(0.03121), "0.0312");
    EXPECT_EQ(formatSignificant(0), "0.00");
    EXPECT_EQ(formatSignificant(-3.14159), "-3.14");
}

TEST(FormatSignificant, SaysInWordsWhatIsNoNumber) {
    EXPECT_EQ(formatSignificant(std::numeric_limits<double>::quiet_NaN()), "not a number");
    EXPECT_EQ(formatSignificant(std::numeric_limits<double>::infinity()), "infinite");
}

TEST(FormatDuration, PicksTheUnitPeopleWouldSay) {
    EXPECT_EQ(formatDuration(0ns), "0 ns");
    EXPECT_EQ(formatDuration(999ns), "999 ns");
    EXPECT_EQ(formatDuration(1500ns), "1.50 µs");
    EXPECT_EQ(formatDuration(41200us), "41.2 ms");
    EXPECT_EQ(formatDuration(3050ms), "3.05 s");
    EXPECT_EQ(formatDuration(72s), "1 min 12 s");
    EXPECT_EQ(formatDuration(2h + 5min + 1s), "2 h 5 min");
}

TEST(FormatDuration, NeverRoundsToAThousandOrSixtyOfAUnit) {
    EXPECT_EQ(formatDuration(999'600us), "1.00 s");
    EXPECT_EQ(formatDuration(59'960ms), "1 min 0 s");
}

TEST(Milliseconds, KeepsTheFraction) { EXPECT_DOUBLE_EQ(milliseconds(1'234'567ns), 1.234567); }

TEST(Bytes, AddMultiplyAndCompareAsCounts) {
    Bytes sum{3};
    sum += Bytes{4};
    EXPECT_EQ(sum, Bytes{7});
    EXPECT_EQ(Bytes{3} + Bytes{4}, Bytes{7});
    EXPECT_EQ(Bytes{3} * 4, Bytes{12});
    EXPECT_LT(Bytes{3}, Bytes{4});
}

}  // namespace
}  // namespace ringscope
