#include "backend/run/log_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

namespace ringscope {
namespace {

using ::testing::ElementsAre;

struct Kept {
    std::vector<std::string> lines;
    LogKeeper::Tell tell() {
        return [this](int rank, std::string_view line) {
            lines.push_back(std::to_string(rank) + std::string(line));
        };
    }
};

TEST(LogKeeper, KeepsTheFirstAndTheLastLinesAndCountsTheRest) {
    Kept kept;
    LogKeeper log(2, 2, kept.tell());
    for (const char* line : {"a", "b", "c", "d", "e"}) log.add(1, line);
    EXPECT_THAT(kept.lines, ElementsAre("1a", "1b"));
    log.end();
    EXPECT_THAT(kept.lines, ElementsAre("1a", "1b", "1(1 line left out)", "1d", "1e"));
}

TEST(LogKeeper, CountsEachRankByItself) {
    Kept kept;
    LogKeeper log(1, 1, kept.tell());
    log.add(0, "a");
    log.add(1, "b");
    log.add(0, "c");
    log.end();
    EXPECT_THAT(kept.lines, ElementsAre("0a", "1b", "0c"));
}

TEST(LogKeeper, CutsALineThatDoesNotEnd) {
    Kept kept;
    LogKeeper log(1, 1, kept.tell());
    log.add(0, std::string(1'000'000, 'x'));
    EXPECT_EQ(kept.lines[0].size(), 1 + longestLogLine);
}

}  // namespace
}  // namespace ringscope
