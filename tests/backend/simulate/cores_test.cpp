#include "backend/simulate/cores.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace ringscope::test {
namespace {

// Plays tasks that begin at given moments, and says when each ended.
class PlayedCores {
public:
    PlayedCores(int count, std::int64_t turn)
        : cores_(count, turn, [this](int core, std::int64_t time, std::uint32_t version) {
              events_.emplace(std::tuple{time, order_++}, std::pair{core, version});
          }) {}

    // `again`: work that a task goes on with as soon as it ended.
    void begin(std::int64_t at, int task, std::int64_t nanos,
               std::vector<std::int64_t> again = {}) {
        runUntil(at);
        again_[task] = std::move(again);
        cores_.begin(at, task, nanos);
    }
    std::map<int, std::int64_t> ends() {
        runUntil(1'000'000);
        return ends_;
    }

private:
    void runUntil(std::int64_t time) {
        while (!events_.empty() && std::get<0>(events_.begin()->first) <= time) {
            const auto [when, event] = *events_.begin();
            events_.erase(events_.begin());
            const auto [core, version] = event;
            if (!cores_.isCurrent(core, version)) continue;
            const std::int64_t now = std::get<0>(when);
            if (const int task = cores_.advance(now, core); task >= 0) {
                std::vector<std::int64_t>& more = again_[task];
                if (more.empty()) {
                    ends_[task] = now;
                } else {
                    const std::int64_t nanos = more.front();
                    more.erase(more.begin());
                    cores_.begin(now, task, nanos);
                }
            }
            cores_.settle(now, core);
        }
    }

    std::multimap<std::tuple<std::int64_t, int>, std::pair<int, std::uint32_t>> events_{};
    int order_ = 0;
    std::map<int, std::vector<std::int64_t>> again_{};
    std::map<int, std::int64_t> ends_{};
    Cores cores_;
};

using EndTimes = std::map<int, std::int64_t>;

TEST(Cores, TasksThatHaveACoreEachDoNotWait) {
    PlayedCores cores(2, 10);
    cores.begin(0, 0, 25);
    cores.begin(3, 1, 100);
    EXPECT_EQ(cores.ends(), (EndTimes{{0, 25}, {1, 103}}));
}

TEST(Cores, MoreTasksThanCoresTakeTurns) {
    PlayedCores cores(1, 10);
    cores.begin(0, 0, 20);
    cores.begin(0, 1, 20);
    // 0: [0, 10) and [20, 30); 1: [10, 20) and [30, 40).
    EXPECT_EQ(cores.ends(), (EndTimes{{0, 30}, {1, 40}}));
}

TEST(Cores, AShortTaskWaitsForTheEndOfATurnAndHoldsUpOneOther) {
    PlayedCores cores(2, 10);
    cores.begin(0, 0, 50);
    cores.begin(0, 1, 50);
    cores.begin(14, 2, 3);  // runs [20, 23)
    const EndTimes ends = cores.ends();
    EXPECT_EQ(ends.at(2), 23);
    EXPECT_EQ(ends.at(0) + ends.at(1), 50 + 53);
}

TEST(Cores, ATaskThatGoesOnKeepsItsCoreUntilTheTurnEnds) {
    PlayedCores cores(1, 10);
    cores.begin(0, 0, 4, {4, 4});
    cores.begin(0, 1, 5);
    // 0: [0, 10) and [15, 17).
    EXPECT_EQ(cores.ends(), (EndTimes{{0, 17}, {1, 15}}));
}

TEST(Cores, AllWorkIsDoneAndNoCoreIdlesWhileATaskWaits) {
    for (const int count : {1, 2, 3}) {
        PlayedCores cores(count, 7);
        std::int64_t work = 0;
        for (int task = 0; task < 12; ++task) {
            cores.begin(0, task, 13 + 5 * task);
            work += 13 + 5 * task;
        }
        std::int64_t last = 0;
        for (const auto& [task, end] : cores.ends()) last = std::max(last, end);
        EXPECT_GE(last, work / count);
        EXPECT_LE(last, work / count + 13 + 5 * 11);
    }
}

}  // namespace
}  // namespace ringscope::test
