// What ranks printed, and what a flood of it leaves.
#include "backend/store/log_lines.h"

#include "tests/backend/store/log_words.h"
#include "tests/backend/store/store_fixture.h"

namespace ringscope::test {
namespace {

using store::firstLinesKept;
using store::lastLinesKept;
using store::longestLine;
using Lines = std::vector<std::string>;

class LogLines : public StoreTest {
protected:
    void SetUp() override { ASSERT_TRUE(store_->created(run_).ok()); }
    void print(int rank, std::string_view line) {
        ASSERT_TRUE(store_->logLine(run_, rank, line).ok());
    }
    Lines lines(std::int64_t last = 0) { return logWords(*store_, run_.id, last).value(); }

    std::unique_ptr<Store> store_ = open();
    RunRecord run_ = newRun();
};

TEST_F(LogLines, ComeBackInOrderWithTheirSource) {
    print(0, "one");
    print(1, "");
    print(-1, "three");
    EXPECT_EQ(lines(), (Lines{"rank 0: one", "rank 1: ", "agent: three"}));
    EXPECT_EQ(lines(2), (Lines{"rank 1: ", "agent: three"}));
}

TEST_F(LogLines, OfAFloodAreTheFirstTheLastAndTheNumberDropped) {
    const std::int64_t flood = firstLinesKept + lastLinesKept + 1234;
    for (std::int64_t i = 0; i < flood; ++i) print(0, std::to_string(i));

    const Lines kept = lines();
    ASSERT_EQ(std::ssize(kept), firstLinesKept + 1 + lastLinesKept);
    EXPECT_EQ(kept.front(), "rank 0: 0");
    EXPECT_EQ(kept[firstLinesKept - 1], "rank 0: " + std::to_string(firstLinesKept - 1));
    EXPECT_EQ(kept[firstLinesKept], "… 1,234 lines dropped …");
    EXPECT_EQ(kept[firstLinesKept + 1], "rank 0: " + std::to_string(flood - lastLinesKept));
    EXPECT_EQ(kept.back(), "rank 0: " + std::to_string(flood - 1));
    EXPECT_EQ(sql(file(), "SELECT log_lines FROM run"), std::to_string(flood));
}

TEST_F(LogLines, ThatAreTooLongAreCutBetweenCharacters) {
    std::string line(longestLine - 1, 'x');
    line += "ü and more";
    print(0, line);
    EXPECT_EQ(lines(),
              Lines{"rank 0: " + std::string(longestLine - 1, 'x') + " … (11 bytes more)"});
}

TEST_F(LogLines, MayHoldAnyBytes) {
    const std::string bytes("\xff\x00 ' \x1b[31m", 10);
    print(0, bytes);
    EXPECT_EQ(store_->log(run_.id, {}).value().at(0).text, bytes);
}

TEST_F(LogLines, OfAnUnknownRunAreNotFound) {
    EXPECT_EQ(logWords(*store_, RunId{"nobody"}, 5).error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace ringscope::test
