#include "backend/migration/toml_tree.h"

#include <gtest/gtest.h>
#include <string>

namespace ringscope {
namespace {

const YamlNode* itemOf(const YamlNode& map, const std::string& key) {
    for (std::size_t i = 0; i < map.keys.size(); ++i)
        if (map.keys[i].text == key) return &map.items[i];
    return nullptr;
}

std::string problemOf(const std::string& text) {
    const YamlReading reading = readToml(text);
    if (reading.problems.empty()) return {};
    const YamlProblem& first = reading.problems.front();
    return std::to_string(first.at.line) + ":" + std::to_string(first.at.column) + " " +
           first.message;
}

TEST(TomlTree, HasTablesDottedKeysAndValuesAsWritten) {
    const YamlReading reading = readToml(
        "top = 'a # b'\n[a.b]\nn = 1_000 # comment\nx.y = [1, 2,\n  3]\n[[c]]\nk = true\n[[c]]\n");
    ASSERT_TRUE(reading.problems.empty()) << reading.problems.front().message;
    EXPECT_EQ(itemOf(reading.root, "top")->text, "a # b");
    const YamlNode& b = *itemOf(*itemOf(reading.root, "a"), "b");
    EXPECT_EQ(itemOf(b, "n")->text, "1_000");
    EXPECT_EQ(itemOf(*itemOf(b, "x"), "y")->items.size(), 3U);
    EXPECT_EQ(itemOf(reading.root, "c")->items.size(), 2U);
}

TEST(TomlTree, KnowsEscapesAndTextsOfSeveralLines) {
    const YamlReading reading = readToml("a = \"x\\u00e9\\t\"\nb = \"\"\"\none\\\n   two\"\"\"\n");
    EXPECT_EQ(itemOf(reading.root, "a")->text, "x\xc3\xa9\t");
    EXPECT_EQ(itemOf(reading.root, "b")->text, "onetwo");
}

TEST(TomlTree, SaysWhatIsWrongAndWhere) {
    EXPECT_EQ(problemOf("a = 1\na = 2\n"),
              "2:1 not TOML: duplicate key 'a', written before in line 1; keep one of them");
    EXPECT_EQ(problemOf("[t]\nk = \"open\n"),
              "2:10 not TOML: a text that does not end; close it with \"");
    EXPECT_EQ(problemOf("k = yes\n"), "1:5 not TOML: expected a value; got 'yes'");
    EXPECT_EQ(problemOf("[a\n"), "1:3 not TOML: expected ]; got the end of the line");
    EXPECT_EQ(problemOf("[a]\n[a]\n"),
              "2:2 not TOML: duplicate key 'a', written before in line 1; keep one of them");
    EXPECT_NE(problemOf("a = " + std::string(500, '[')), "");
}

}  // namespace
}  // namespace ringscope
