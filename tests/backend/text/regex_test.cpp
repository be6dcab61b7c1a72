// Regular expressions as tokenizer.json files write them.
#include "backend/text/regex.h"

#include <gtest/gtest.h>
#include <string>

namespace ringscope {
namespace {

std::vector<std::string> matchesOf(std::string_view pattern, std::string_view text) {
    const Result<Regex> regex = Regex::compile(pattern);
    EXPECT_TRUE(regex.ok()) << regex.error().message;
    std::vector<TextRange> found;
    EXPECT_TRUE(regex->findAll(text, found).ok());
    std::vector<std::string> matches;
    for (const TextRange range : found) matches.emplace_back(slice(text, range));
    return matches;
}

std::string whyNot(std::string_view pattern) {
    const Result<Regex> regex = Regex::compile(pattern);
    return regex.ok() ? "" : regex.error().message;
}

using Matches = std::vector<std::string>;

TEST(Regex, KnowsUnicodesClasses) {
    EXPECT_EQ(matchesOf(R"(\p{L}+|\p{N}+)", "añб中 12٣ x"), (Matches{"añб中", "12٣", "x"}));
    EXPECT_EQ(matchesOf(R"(\s+)", "a\u00a0\u2003b\u0085c"), (Matches{"\u00a0\u2003", "\u0085"}));
    EXPECT_EQ(matchesOf(R"(\d)", "1½٣"), (Matches{"1", "٣"}));
}

TEST(Regex, ReadsWordsAsOnigurumaDoes) {
    EXPECT_EQ(matchesOf(R"(\w+)", "x² Ⓐ_1 ⅓"), (Matches{"x²", "Ⓐ_1"}));
    EXPECT_EQ(matchesOf(R"([\w-]+)", "a-b²"), (Matches{"a-b"}));
    EXPECT_EQ(matchesOf(R"(\bt)", "to at éto"), (Matches{"t"}));
    EXPECT_EQ(matchesOf("^b$", "a\nb\nc"), (Matches{"b"}));
}

TEST(Regex, ReadsClassesInClasses) {
    EXPECT_EQ(matchesOf(R"( ?[^(\s|[.,!?…。])]+)", "ab, c (d)|e。f"),
              (Matches{"ab", " c", "d", "e", "f"}));
    EXPECT_EQ(matchesOf("[a[bc]d]+", "xabcdx"), (Matches{"abcd"}));
    EXPECT_EQ(matchesOf(R"([]a]+|[^]b]+|[[:digit:]-])", "]ab1-"), (Matches{"]a", "1-"}));
    EXPECT_EQ(matchesOf(R"(\p{L}+|\x{31}{,2})", "ab11"), (Matches{"ab", "11"}));
}

TEST(Regex, MatchesNoByteThatIsNoCharacter) {
    EXPECT_EQ(matchesOf(R"([^\s\p{L}\p{N}]+|\p{L}+)", "a\xff!\xe2\x82z"), (Matches{"a", "!", "z"}));
    EXPECT_EQ(matchesOf("x*", "ab"), (Matches{"", "", ""}));
}

TEST(Regex, SaysWhatItDoesNotRead) {
    EXPECT_EQ(whyNot("[a-z&&[^b]]"),
              "regular expression '[a-z&&[^b]]': && in a class means something else in other "
              "programs and is not read; write it without");
    for (const char* pattern : {"[a-z&&[^b]]", "[a[^b]]", "a{1,3}+", "[\\W]", "a\\", "\\K"})
        EXPECT_NE(whyNot(pattern).find("means something else in other programs"), std::string::npos)
            << pattern;
    EXPECT_NE(whyNot("[[:"), "");
    EXPECT_NE(whyNot("\\p{L"), "");
    EXPECT_NE(whyNot("\\h+"), "");
    EXPECT_NE(whyNot("(?m)a.b"), "");
    EXPECT_NE(whyNot("(a").find("cannot be read: "), std::string::npos);
    EXPECT_NE(whyNot(std::string(1 << 15, 'a')).find("at most"), std::string::npos);
}

TEST(Regex, EndsWhereAPatternTriesTooMuch) {
    const Regex regex = Regex::compile("(a+)+$").value();
    std::vector<TextRange> found;
    const Result<void> searched = regex.findAll(std::string(200, 'a') + "b", found);
    ASSERT_FALSE(searched.ok());
    EXPECT_NE(searched.error().message.find("cannot be searched for in this text"),
              std::string::npos);
}

}  // namespace
}  // namespace ringscope
