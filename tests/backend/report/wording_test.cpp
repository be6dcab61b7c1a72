#include "backend/report/wording.h"

#include "backend/report/markup.h"
#include "tests/backend/compare/sample_runs.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <cmath>
#include <limits>

namespace ringscope::reporting {
namespace {

constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

RC_GTEST_PROP(ValidUtf8, LeavesItsOwnResultAlone, (const std::string& bytes)) {
    const std::string valid = validUtf8(bytes);
    RC_ASSERT(validUtf8(valid) == valid);
}

RC_GTEST_PROP(PrintableLine, HoldsNoControlCharacter, (const std::string& bytes)) {
    for (const char c : printableLine(bytes))
        RC_ASSERT(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
}

RC_GTEST_PROP(EscapeMarkup, LeavesNothingThatCouldBeMarkup, (const std::string& bytes)) {
    RC_ASSERT(escapeMarkup(bytes).find_first_of("<>\"'") == std::string::npos);
}

TEST(ValidUtf8, ReplacesWhatNoDecoderAccepts) {
    EXPECT_EQ(validUtf8("zigzag é € 😀"), "zigzag é € 😀");
    EXPECT_EQ(validUtf8("a\xff"
                        "b"),
              "a\xEF\xBF\xBD"
              "b");
    EXPECT_EQ(validUtf8("\xc0\xaf"), "\xEF\xBF\xBD\xEF\xBF\xBD");                  // overlong
    EXPECT_EQ(validUtf8("\xed\xa0\x80").find("\xed\xa0"), std::string::npos);      // surrogate
    EXPECT_EQ(validUtf8("\xf4\x90\x80\x80").find("\xf4\x90"), std::string::npos);  // too large
    EXPECT_EQ(validUtf8("€").substr(0, 3), "€");
    EXPECT_EQ(validUtf8(std::string_view("€").substr(0, 2)), "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(EscapeMarkup, ReplacesControlCharactersThatNoDocumentMayHold) {
    EXPECT_EQ(escapeMarkup("a\x1b[31m\n\tb"), "a\xEF\xBF\xBD[31m\n\tb");
    EXPECT_EQ(escapeMarkup("<a href='x'> & \"y\""),
              "&lt;a href=&#39;x&#39;&gt; &amp; &quot;y&quot;");
}

TEST(PrintableLine, CannotMoveTheCursor) {
    EXPECT_EQ(printableLine("a\x1b[2J\nb\xc2\x9b"
                            "c"),
              "a\xEF\xBF\xBD[2J\xEF\xBF\xBD"
              "b\xEF\xBF\xBD"
              "c");
}

TEST(PrintableLine, CannotTurnTheDirectionOfWriting) {
    for (const char* turn :
         {"\u061c", "\u200e", "\u200f", "\u2028", "\u2029", "\u202a", "\u202e", "\u2066", "\u2069"})
        EXPECT_EQ(printableLine("ring" + std::string(turn) + "gpj.exe"), "ring\uFFFDgpj.exe");
    EXPECT_EQ(printableLine("µ‑€–…×"), "µ‑€–…×") << "neighbours of those are left alone";
}

TEST(PrintableText, KeepsLineEndsAndNothingElseOfTheKind) {
    EXPECT_EQ(printableText("a\x1b[2J\nb\rc\n"), "a\uFFFD[2J\nb\uFFFDc\n");
    EXPECT_EQ(printableText(""), "");
}

TEST(Shortened, CountsCharactersNotBytes) {
    EXPECT_EQ(characters("é€😀"), 3U);
    EXPECT_EQ(shortened("é€😀x", 4), "é€😀x");
    EXPECT_EQ(shortened("é€😀xy", 4), "é€😀…");
    EXPECT_EQ(characters(shortened("a long name of a run", 7)), 7U);
}

TEST(UtcTimes, AreWrittenWithoutALocaleOrAZone) {
    EXPECT_EQ(utcMinute(1'700'000'500'000'000), "2023-11-14 22:21 UTC");
    EXPECT_EQ(utcIso(1'700'000'500'000'007), "2023-11-14T22:21:40.000007Z");
    EXPECT_EQ(utcIso(951'782'400'000'000), "2000-02-29T00:00:00.000000Z");
    EXPECT_EQ(utcMinute(0), "");
}

TEST(FormatSpread, ShowsTheEndsOnlyWhereTheyDiffer) {
    EXPECT_EQ(formatSpread(Spread{2410, 2390, 2450, 3}, formatSignificant), "2,410 (2,390–2,450)");
    EXPECT_EQ(formatSpread(Spread{2410, 2410, 2410, 1}, formatSignificant), "2,410");
    EXPECT_EQ(formatSpread(Spread{2410.1, 2410.0, 2410.2, 3}, formatSignificant), "2,410");
    EXPECT_EQ(formatSpread(std::nullopt, formatSignificant), "–");
    EXPECT_EQ(formatSpread(Spread{notANumber, notANumber, notANumber, 1}, formatLoss),
              "not a number");
}

TEST(FormatDifference, SaysExactlyEqualAsZero) {
    EXPECT_EQ(formatDifference(0), "0");
    EXPECT_EQ(formatDifference(0.0031), "3.1e-03");
    EXPECT_EQ(formatDifference(notANumber), "not a number");
}

TEST(ParityWords, NameTheFigureThatIsOff) {
    RunGroup group;
    EXPECT_EQ(parityWords(group), "unknown");
    group.worstParity = Parity{{"r"}, 0, 0, 4};
    EXPECT_EQ(parityWords(group), "same");
    group.worstParity = Parity{{"r"}, 0.0031, 0, 4};
    EXPECT_EQ(parityWords(group), "NOT the same: loss 3.1e-03");
    group.worstParity = Parity{{"r"}, 0, 0.02, 4};
    EXPECT_EQ(parityWords(group), "NOT the same: gradient norm 2.0e-02");
    group.runs = {{"r"}};
    EXPECT_EQ(parityWords(group), "reference");
}

TEST(ParityWords, NeverCallAPatternTheSame) {
    RunGroup group;
    group.coverage = 0.0631;
    EXPECT_EQ(parityWords(group), "another model, 6.3 % of pairs");
    group.worstParity = Parity{{"r"}, 0, 0, 4};
    EXPECT_EQ(parityWords(group), "another model, 6.3 % of pairs");
    EXPECT_EQ(parityWord(parityVerdict(group)), "another model");
    group.worstParity = Parity{{"r"}, 0.0031, 0, 4};
    EXPECT_EQ(parityWords(group), "NOT the same: loss 3.1e-03");
}

TEST(ParityWords, WriteASharePastAHundredWithoutAnExponent) {
    RunGroup group;
    group.coverage = 1.314;
    EXPECT_EQ(parityWords(group), "another model, 131 % of pairs");
}

TEST(CountOf, KnowsThePlural) {
    EXPECT_EQ(countOf(1, "run"), "1 run");
    EXPECT_EQ(countOf(0, "run"), "0 runs");
    EXPECT_EQ(countOf(1200, "run"), "1,200 runs");
}

}  // namespace
}  // namespace ringscope::reporting
