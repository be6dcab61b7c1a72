#include "launcher/line_buffer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <vector>

namespace ringscope {
namespace {

using ::testing::ElementsAre;

struct Lines {
    explicit Lines(std::size_t longest) : buffer(longest) {}
    void feed(std::string_view bytes) { buffer.feed(bytes, handle); }
    void finish() { buffer.finish(handle); }

    LineBuffer buffer;
    std::vector<std::string> all;
    LineBuffer::LineHandler handle = [this](std::string_view line) { all.emplace_back(line); };
};

TEST(LineBuffer, HandsOverALineWhenItsNewlineArrives) {
    Lines lines(100);
    lines.feed("one\ntw");
    EXPECT_THAT(lines.all, ElementsAre("one"));
    lines.feed("o\n\n");
    EXPECT_THAT(lines.all, ElementsAre("one", "two", ""));
}

TEST(LineBuffer, KeepsTheLastWordsOfAStreamThatEndsWithoutANewline) {
    Lines lines(100);
    lines.feed("last words");
    lines.finish();
    lines.finish();
    EXPECT_THAT(lines.all, ElementsAre("last words"));
}

TEST(LineBuffer, CutsALineThatIsTooLongAndFindsTheNextOne) {
    Lines lines(4);
    lines.feed("abcdef");
    lines.feed("ghi\nnext\n");
    EXPECT_THAT(lines.all, ElementsAre("abcd (cut)", "next"));
}

TEST(LineBuffer, DoesNotGrowOverAnEndlessLine) {
    Lines lines(1'000);
    const std::string block(64 * 1024, 'x');
    for (int i = 0; i < 1'000; ++i) lines.feed(block);
    lines.finish();
    ASSERT_EQ(lines.all.size(), 1U);
    EXPECT_EQ(lines.all[0].size(), 1'000 + cutMark.size());
}

RC_GTEST_PROP(LineBuffer, DoesNotCareHowTheBytesArrive, (const std::vector<std::string>& parts)) {
    Lines together(10);
    Lines apart(10);
    std::string all;
    for (const std::string& part : parts) {
        apart.feed(part + "\n" + part);
        all += part + "\n" + part;
    }
    together.feed(all);
    apart.finish();
    together.finish();
    RC_ASSERT(apart.all == together.all);
}

}  // namespace
}  // namespace ringscope
