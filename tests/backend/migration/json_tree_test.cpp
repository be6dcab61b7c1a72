#include "backend/migration/json_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

using testing::HasSubstr;

std::string treeRefusal(std::string_view text) {
    const JsonReading reading = readJson(text);
    if (!reading.tree.broken) return "it was read";
    const YamlProblem& problem = reading.tree.problems.front();
    return std::to_string(problem.at.line) + ":" + std::to_string(problem.at.column) + " " +
           problem.message;
}

TEST(JsonTree, KeepsValuesAsWrittenWithTheirPlaces) {
    const JsonReading reading = readJson("{\n  \"lr\": 1.0e-5, \"on\": true,\n  \"x\": null}");
    ASSERT_FALSE(reading.tree.broken);
    const YamlNode& root = reading.tree.root;
    ASSERT_EQ(root.items.size(), 3U);
    EXPECT_EQ(root.items[0].text, "1.0e-5");
    EXPECT_FALSE(root.items[0].quoted);
    EXPECT_EQ(root.items[1].text, "true");
    EXPECT_EQ(root.items[2].kind, YamlNode::Kind::Null);
    EXPECT_EQ(root.keys[2].at, (TextPosition{3, 3}));
}

TEST(JsonTree, ReadsEscapes) {
    const JsonReading reading = readJson(R"(["a\n\"\\\u00e9\u20ac\ud800"])");
    ASSERT_FALSE(reading.tree.broken);
    EXPECT_EQ(reading.tree.root.items.at(0).text, "a\n\"\\\xc3\xa9\xe2\x82\xac?");
}

TEST(JsonTree, CountsColumnsInCharacters) {
    const JsonReading reading = readJson("{\"\xc3\xa9\": 1, \"b\": 2}");
    EXPECT_EQ(reading.tree.root.keys.at(1).at, (TextPosition{1, 10}));
}

TEST(JsonTree, ToleratesCommentsAndTrailingCommasAndSaysSoOnce) {
    const JsonReading reading = readJson(
        "// one\n{\"a\": 1, # two\n /* three\n */ \"b\": [1, 2,],\n \"url\": \"http://x\",\n}");
    ASSERT_FALSE(reading.tree.broken) << treeRefusal("");
    EXPECT_EQ(reading.tree.root.items.size(), 3U);
    EXPECT_EQ(reading.tree.root.items[2].text, "http://x");
    ASSERT_EQ(reading.tolerated.size(), 2U);
    EXPECT_THAT(reading.tolerated[0].message, HasSubstr("comments"));
    EXPECT_THAT(reading.tolerated[1].message, HasSubstr("trailing comma"));
}

TEST(JsonTree, RefusesWhatItCannotFollowWithItsPlace) {
    EXPECT_EQ(treeRefusal(""), "1:1 not JSON: expected a value; got the end of the file");
    EXPECT_THAT(treeRefusal("{\"a\": yes}"),
                HasSubstr("1:7 not JSON: expected a value; got 'yes'"));
    EXPECT_THAT(treeRefusal("{a: 1}"), HasSubstr("expected a key in double quotes"));
    EXPECT_THAT(treeRefusal("{\"a\" 1}"), HasSubstr("expected : after the key"));
    EXPECT_THAT(treeRefusal("[1 2]"), HasSubstr("expected , or ]"));
    EXPECT_THAT(treeRefusal("[1]\n[2]"), HasSubstr("2:1 not JSON: expected the end of the file"));
    EXPECT_THAT(treeRefusal("[\"a"), HasSubstr("text that does not end"));
    EXPECT_THAT(treeRefusal("[\"\\q\"]"), HasSubstr("unknown escape"));
    EXPECT_THAT(treeRefusal("[\"\\u00g0\"]"), HasSubstr("hexadecimal"));
    EXPECT_THAT(treeRefusal("/* open"), HasSubstr("comment that does not end"));
    EXPECT_THAT(treeRefusal("[,]"), HasSubstr("expected a value"));
    EXPECT_THAT(treeRefusal(std::string(100'000, '[')), HasSubstr("nested deeper"));
}

}  // namespace
}  // namespace ringscope
