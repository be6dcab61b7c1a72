#include "backend/config/data_source.h"
#include "backend/text/token_text.h"
#include "tests/support/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <fstream>

namespace ringscope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Sources : public ::testing::Test {
protected:
    std::string write(const std::string& name, const std::string& content) const {
        const std::filesystem::path path = folder_.path() / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << content;
        return path.string();
    }
    std::string at(const std::string& name) const { return (folder_.path() / name).string(); }

    // The documents, as bytes, or why there are none.
    static std::vector<std::string> read(const std::string& source,
                                         DataOrder order = DataOrder::Auto) {
        RunConfig config;
        config.data.source = source;
        config.data.order = order;
        const Result<TokenText> text = TokenText::open(config);
        if (!text.ok()) return {text.error().message};
        std::vector<std::string> documents;
        for (std::int64_t number = 0; number < text->documents(); ++number) {
            documents.emplace_back();
            const TokenStretch tokens = text->document(number);
            for (std::int64_t token = tokens.begin; token < tokens.end; ++token)
                documents.back() += static_cast<char>(text->at(token));
        }
        return documents;
    }
    static std::string refusal(const std::string& source) { return read(source).front(); }

    test::TemporaryFolder folder_;
};

TEST_F(Sources, AreFilesPatternsAndListsOfThem) {
    write("b/2.txt", "two");
    write("b/1.txt", "one");
    write("b/x.jsonl", "{\"text\": \"x\"}\n{\"text\": \"é😀\"}\r\n\n");
    std::filesystem::create_directory(folder_.path() / "b/3.txt");
    write("[ab]*.txt", "brackets");
    EXPECT_THAT(read(at("b/*.txt")), ElementsAre("one", "two"));
    EXPECT_THAT(read(at("b/[2x]*")), ElementsAre("two", "x", "é😀"));
    EXPECT_THAT(read("[" + at("b/x.jsonl") + ", " + at("b/?.txt") + "]"),
                ElementsAre("x", "é😀", "one", "two"));
    EXPECT_THAT(read(at("[ab]*.txt")), ElementsAre("brackets"));
    EXPECT_EQ(refusal(at("b/*.md")),
              "data.source: no file matches '" + at("b/*.md") + "'; name files that do");
}

TEST_F(Sources, NameThePlaceOfABrokenLine) {
    const std::string fine = R"({"text": "mill", "id": 7})";
    const auto with = [&](const std::string& line) {
        const std::string path = write("all.jsonl", fine + "\n" + line + "\n" + fine + "\n");
        const std::string said = refusal(path);
        const std::string begin = "data.source: " + path + ":";
        return said.starts_with(begin) ? said.substr(begin.size()) : said;
    };
    EXPECT_EQ(with(fine), "mill");
    EXPECT_EQ(with(R"({"text": "é", "id": 7)"), "2:22: expected ',' or '}'");
    EXPECT_EQ(with(R"({"text": "a" "b"})"), "2:14: expected ',' or '}'");
    EXPECT_EQ(with(R"({"text": 7})"), "2:10: expected a text in quotes");
    EXPECT_EQ(with(R"({"text": ""})"),
              "2:12: the document is empty; write one, or remove the line");
    EXPECT_EQ(with(""), "2:1: the line is empty; remove it");
    EXPECT_EQ(with("[1]"), "2:1: expected an object");
    EXPECT_EQ(with(R"({"id": 7})"),
              "2:1: no content; a line has 'text', or 'prompt' and "
              "'completion', or 'messages'");
    EXPECT_EQ(with(R"({"text": "a", "messages": []})"),
              "2:29: the conversation is empty; write messages, or remove the line");
    EXPECT_EQ(with(R"({"text": "a", "prompt": "b", "completion": "c"})"),
              "2:1: two kinds of content; a line has 'text', or 'prompt' and 'completion', or "
              "'messages'");
    EXPECT_EQ(with(R"({"prompt": "b"})"), "2:1: 'prompt' without 'completion'; write both");
    EXPECT_EQ(with("{\"text\": \"\xff\"}"), "2:12: a text is not UTF-8");
    EXPECT_THAT(with(R"({"text": "a", "text": "b"})"), HasSubstr("2:"));
}

TEST_F(Sources, SayWhichKeysAreNotRead) {
    RunConfig config;
    config.data.source = write("a.jsonl", R"({"text": "mill", "id": 7, "by": {"a": 1}})");
    EXPECT_THAT(TokenText::open(config).value().facts().remarks,
                ElementsAre("keys of data.source that are not read: by, id"));
}

TEST_F(Sources, RefuseFilesWithoutText) {
    write("empty.txt", "");
    EXPECT_EQ(refusal(at("empty.txt")),
              "data.source: '" + at("empty.txt") + "' is empty; name a file with text");
    EXPECT_EQ(refusal(at("none.txt")),
              "data.source: cannot read '" + at("none.txt") + "': No such file or directory");
    EXPECT_THAT(refusal("[" + at("empty.txt") + "]"), HasSubstr("is empty"));
}

TEST_F(Sources, AreListsWithoutEmptyNames) {
    EXPECT_THAT(sourceNames("[a b.txt, c.txt]"), ElementsAre("a b.txt", "c.txt"));
    EXPECT_THAT(sourceNames("a, b.txt"), ElementsAre("a, b.txt"));
    EXPECT_THAT(sourceNames("[a.txt,,b.txt]"), ElementsAre());
    EXPECT_TRUE(isOneText("[a.txt]"));
    EXPECT_FALSE(isOneText("a.JSONL"));
    EXPECT_FALSE(isOneText("a*.txt"));
}

}  // namespace
}  // namespace ringscope
