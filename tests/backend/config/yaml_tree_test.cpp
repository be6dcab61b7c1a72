#include "backend/config/yaml_tree.h"

#include "tests/backend/config/random_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace ringscope {
namespace {

using Kind = YamlNode::Kind;

// "line:column message" of every problem.
std::vector<std::string> problemsIn(std::string_view text) {
    std::vector<std::string> lines;
    for (const YamlProblem& problem : readYaml(text).problems)
        lines.push_back(std::to_string(problem.at.line) + ":" + std::to_string(problem.at.column) +
                        " " + problem.message);
    return lines;
}

// The tree in one line: {a: [1, 'quoted', ~]}.
std::string outline(const YamlNode& node) {
    std::string text;
    switch (node.kind) {
        case Kind::Null:
            return "~";
        case Kind::Scalar:
            return node.quoted ? "'" + node.text + "'" : node.text;
        case Kind::List:
            for (const YamlNode& item : node.items)
                text += (text.empty() ? "" : ", ") + outline(item);
            return "[" + text + "]";
        case Kind::Map:
            for (std::size_t i = 0; i < node.keys.size(); ++i)
                text += (i == 0 ? "" : ", ") + node.keys[i].text + ": " + outline(node.items[i]);
            return "{" + text + "}";
    }
    return text;
}

std::string outlineOf(std::string_view text) { return outline(readYaml(text).root); }

TEST(ReadYaml, KeepsMapsListsScalarsAndNothing) {
    EXPECT_EQ(outlineOf("a: [1, \"2\", '3', null, ~]\nb:\n  c: d e\nf:\n"),
              "{a: [1, '2', '3', ~, ~], b: {c: d e}, f: ~}");
    EXPECT_EQ(outlineOf(""), "~");
    EXPECT_EQ(outlineOf("# only a comment\n"), "~");
    EXPECT_EQ(outlineOf("---\n"), "~");
}

TEST(ReadYaml, KnowsWhereEveryKeyAndValueStands) {
    const YamlNode root = readYaml("a: 1\nb:\n  é: {d: x}\n  e:\n").root;
    EXPECT_EQ(root.keys[1].at, (TextPosition{2, 1}));
    const YamlNode& inner = root.items[1];
    EXPECT_EQ(inner.keys[0].at, (TextPosition{3, 3}));
    EXPECT_EQ(inner.items[0].keys[0].at, (TextPosition{3, 7})) << "columns count characters";
    EXPECT_EQ(inner.items[0].items[0].at, (TextPosition{3, 10}));
    EXPECT_EQ(inner.items[1].at, inner.keys[1].at) << "nothing stands where its key stands";
}

TEST(ReadYaml, SeesThroughByteOrderMarksAndWindowsLineEnds) {
    EXPECT_EQ(outlineOf("\xef\xbb\xbf"
                        "a: 1\r\nb: 2\r\n"),
              "{a: 1, b: 2}");
    EXPECT_EQ(readYaml("a: 1\r\nb: 2\r\n").root.keys[1].at, (TextPosition{2, 1}));
}

TEST(ReadYaml, ReplacesAliasesByTheirValues) {
    EXPECT_EQ(outlineOf("a: &x [1, 2]\nb: *x\nc: {d: *x}\n"),
              "{a: [1, 2], b: [1, 2], c: {d: [1, 2]}}");
}

TEST(ReadYaml, RefusesAnAliasInsideItsOwnValue) {
    EXPECT_THAT(
        problemsIn("a: &x [*x]\n"),
        testing::ElementsAre("1:8 an alias inside the value it stands for; write the value out"));
}

TEST(ReadYaml, RefusesDuplicateKeysAtEveryDepthAndKeepsTheFirst) {
    const std::string text = "a: 1\nb: {c: 1, c: 2}\na: 2\n";
    EXPECT_THAT(
        problemsIn(text),
        testing::ElementsAre("2:11 duplicate key 'c', written before in line 2; keep one of them",
                             "3:1 duplicate key 'a', written before in line 1; keep one of them"));
    EXPECT_EQ(outlineOf(text), "{a: 1, b: {c: 1}}");
}

TEST(ReadYaml, RefusesMergeKeysTagsOddKeysAndSecondDocuments) {
    EXPECT_THAT(
        problemsIn("a: &x {b: 1}\nc:\n  <<: *x\n"),
        testing::ElementsAre("3:3 merge keys (<<) are not supported; write the fields out"));
    EXPECT_EQ(problemsIn("a: !!int 3\n").size(), 1U);
    EXPECT_EQ(problemsIn("a: !own {b: 1}\n"),
              std::vector<std::string>{"1:4 tags like '!own' are not used here; remove it"});
    EXPECT_EQ(problemsIn("[a]: 1\n"), std::vector<std::string>{"1:1 expected a key; got a list"});
    EXPECT_EQ(problemsIn("~: 1\n"), std::vector<std::string>{"1:1 expected a key; got nothing"});
    EXPECT_EQ(
        problemsIn("a: 1\n---\nb: 2\n"),
        std::vector<std::string>{"2:1 one document per file; remove what stands from here on"});
    EXPECT_EQ(outlineOf("a: 1\n---\nb: 2\n"), "{a: 1}");
}

TEST(ReadYaml, PlacesSyntaxErrors) {
    for (const auto& [text, place] :
         std::vector<std::pair<std::string, TextPosition>>{{"a: [1, 2\n", {2, 1}},
                                                           {"model:\n\tlayers: 3\n", {2, 8}},
                                                           {"a: *unknown\n", {1, 4}},
                                                           {"a: 1\n b: 2\n", {2, 3}}}) {
        const YamlReading reading = readYaml(text);
        EXPECT_TRUE(reading.broken) << text;
        ASSERT_EQ(reading.problems.size(), 1U) << text;
        EXPECT_EQ(reading.problems[0].message.find("not YAML: "), 0U);
        EXPECT_EQ(reading.problems[0].at, place) << text << reading.problems[0].message;
    }
}

TEST(ReadYaml, RefusesAQuoteThatWouldSwallowTheRestOfTheFile) {
    for (const std::string text : {"'x\nb: 2\n", "'it''s\nb: 2\n", "\"x\\\"\nb: 2\n"}) {
        EXPECT_EQ(problemsIn("a: " + text),
                  std::vector<std::string>{"1:4 a quote that is never closed; close it"});
        EXPECT_EQ(problemsIn("a: &x " + text).size(), 1U) << text;
    }
    EXPECT_EQ(outlineOf("a: 'it''s'\nb: \"x\\\"\"\nc: \"\\\\\"\nd: &x 'y'\n"),
              "{a: 'it's', b: 'x\"', c: '\\', d: 'y'}");
}

TEST(ReadYaml, RefusesListsAndMapsThatNestWithoutEnd) {
    const YamlReading reading = readYaml(std::string(10'000, '['));
    ASSERT_EQ(reading.problems.size(), 1U);
    EXPECT_EQ(reading.problems[0].message,
              "lists and maps stand in each other too deeply; close brackets");
}

TEST(ReadYaml, EndsWhereAStrayBracketGivesDocumentsWithoutEnd) {
    EXPECT_TRUE(readYaml("]").broken || !readYaml("]").problems.empty());
    EXPECT_FALSE(readYaml("a: 1\n]\n").problems.empty());
}

TEST(ReadYaml, RefusesBytesThatAreNoText) {
    EXPECT_EQ(problemsIn(std::string_view("a: 1\nb\0: 2", 11)),
              std::vector<std::string>{"2:2 a byte that is no text; save the file as UTF-8"});
    EXPECT_EQ(problemsIn("a: 1\n\x04: 2").size(), 1U) << "yaml-cpp takes it for the end";
    EXPECT_EQ(problemsIn("\xff\xfe"
                         "a")
                  .size(),
              1U);
}

TEST(ReadYaml, RefusesAFileOfMoreThanAMebibyte) {
    const std::string large(std::size_t{2} << 20, '#');
    EXPECT_EQ(problemsIn(large),
              std::vector<std::string>{
                  "1:1 an experiment file holds at most 1.00 MiB; this one has 2.00 MiB"});
}

TEST(ReadYaml, GivesAliasesThatMultiplyABudget) {
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 20; ++i) {
        const std::string before = "*a" + std::to_string(i - 1);
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
        for (int j = 0; j < 9; ++j) bomb += ", " + before;
        bomb += "]\n";
    }
    const YamlReading reading = readYaml(bomb);
    ASSERT_EQ(reading.problems.size(), 1U);
    EXPECT_EQ(reading.problems[0].message,
              "anchors and aliases stand for more than 4.00 MiB of text; write fewer of them");
}

RC_GTEST_PROP(YamlScalar, ReadsBackAsTheSameText, ()) {
    const std::string text = *anyLine();
    const YamlReading reading =
        readYaml("key: " + yamlScalar(text) + "\nlist: [" + yamlScalar(text) + "]\n");
    RC_ASSERT(reading.problems.empty());
    RC_ASSERT(reading.root.items[0].text == text);
    RC_ASSERT(reading.root.items[0].kind == Kind::Scalar);
    RC_ASSERT(reading.root.items[1].items[0].text == text);
}

TEST(YamlScalar, StaysPlainWhereItCan) {
    EXPECT_EQ(yamlScalar("builtin:prose"), "builtin:prose");
    EXPECT_EQ(yamlScalar("/data/a-b_c.txt"), "/data/a-b_c.txt");
    EXPECT_EQ(yamlScalar("null"), "\"null\"");
    EXPECT_EQ(yamlScalar(""), "\"\"");
    EXPECT_EQ(yamlScalar("a \"b\" \\"), R"("a \"b\" \\")");
}

}  // namespace
}  // namespace ringscope
