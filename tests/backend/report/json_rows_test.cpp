#include "backend/report/json_rows.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ringscope::reporting {
namespace {

using orderedJson = nlohmann::ordered_json;

TEST(CsvOf, HasTheFirstRowsKeysAsItsColumns) {
    const orderedJson rows = {{{"rank", 0}, {"ms", 1.5}}, {{"rank", 1}, {"ms", 2.0}}};
    EXPECT_EQ(csvOf(rows), "rank,ms\n0,1.5\n1,2.0\n");
}

TEST(CsvOf, IsEmptyWhereThereIsNoRow) { EXPECT_EQ(csvOf(json::array()), ""); }

TEST(CsvOf, LeavesOutColumnsThatHoldListsOrObjects) {
    const orderedJson rows =
        json::array({{{"a", 1}, {"list", {1, 2}}, {"object", {{"b", 2}}}, {"c", 3}}});
    EXPECT_EQ(csvOf(rows), "a,c\n1,3\n");
}

TEST(CsvOf, WritesNullAndAMissingKeyAsNothing) {
    const orderedJson rows = orderedJson::array({{{"a", 1}, {"b", 2}}, {{"a", nullptr}}});
    EXPECT_EQ(csvOf(rows), "a,b\n1,2\n,\n");
}

TEST(CsvOf, QuotesTextsAndLetsNoneBeAFormula) {
    const orderedJson rows = orderedJson::array({{{"name", "=1+1, \"x\""}, {"change", -5}}});
    EXPECT_EQ(csvOf(rows), "name,change\n\"'=1+1, \"\"x\"\"\",-5\n");
}

TEST(JsonDump, EndsWithANewlineAndReplacesBytesThatAreNoUtf8) {
    EXPECT_EQ(jsonDump(orderedJson{{"a", "\xff"}}), "{\n  \"a\": \"\xEF\xBF\xBD\"\n}\n");
    EXPECT_EQ(jsonDump(nlohmann::json::array()), "[]\n");
}

}  // namespace
}  // namespace ringscope::reporting
