#include "backend/core/csv.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

TEST(CsvField, IsLeftAsItIsWhereNothingHasToBeQuoted) {
    EXPECT_EQ(csvField(""), "");
    EXPECT_EQ(csvField("two words; 'single'"), "two words; 'single'");
}

TEST(CsvField, IsQuotedWhereItHoldsWhatEndsAFieldOrALine) {
    EXPECT_EQ(csvField("a,b"), "\"a,b\"");
    EXPECT_EQ(csvField("a\nb"), "\"a\nb\"");
    EXPECT_EQ(csvField("a\r\nb"), "\"a\r\nb\"");
}

TEST(CsvField, DoublesItsQuotes) {
    EXPECT_EQ(csvField("\""), "\"\"\"\"");
    EXPECT_EQ(csvField("say \"hi\""), "\"say \"\"hi\"\"\"");
}

TEST(CsvField, LeavesANegativeNumberANumber) { EXPECT_EQ(csvField("-3.5"), "-3.5"); }

TEST(CsvText, IsNeverAFormulaOfASpreadsheet) {
    for (const std::string text : {"=1+1", "+1", "-1", "@sum", "\tx"})
        EXPECT_EQ(csvText(text), "'" + text);
    EXPECT_EQ(csvText("\rx"), "\"'\rx\"");
    EXPECT_EQ(csvText("=HYPERLINK(\"a\",\"b\")"), "\"'=HYPERLINK(\"\"a\"\",\"\"b\"\")\"");
}

TEST(CsvText, KeepsTheSignsThatDoNotStandInFront) {
    EXPECT_EQ(csvText("a=b"), "a=b");
    EXPECT_EQ(csvText(" =1"), " =1");
    EXPECT_EQ(csvText(""), "");
}

}  // namespace
}  // namespace ringscope
