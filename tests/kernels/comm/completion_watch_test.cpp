#include "kernels/comm/completion_watch.h"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace ringscope {
namespace {

using ::testing::ElementsAre;
using ::testing::ThrowsMessage;

TEST(CompletionWatch, ReturnsFromWaitWhenTheOperationIsComplete) {
    CompletionWatch watch;
    std::promise<void> over;
    std::atomic<bool> complete = false;
    const auto pending = watch.watch(Lane::Collective, {}, 0, [&] {
        over.get_future().wait();
        complete = true;
    });
    EXPECT_FALSE(complete);
    over.set_value();
    pending->wait();
    EXPECT_TRUE(complete);
    pending->wait();  // waiting twice is waiting once
}

TEST(CompletionWatch, CompletesTheOperationsOfALaneInTheirOrder) {
    CompletionWatch watch;
    std::vector<int> order;
    std::vector<std::unique_ptr<Pending>> pending;
    for (int i = 0; i < 4; ++i)
        pending.push_back(
            watch.watch(Lane::SendKeyValue, {}, 0, [&order, i] { order.push_back(i); }));
    pending.back()->wait();
    EXPECT_THAT(order, ElementsAre(0, 1, 2, 3));
}

TEST(CompletionWatch, LetsNoLaneWaitForAnother) {
    CompletionWatch watch;
    std::promise<void> release;
    std::shared_future<void> released = release.get_future().share();
    const auto held = watch.watch(Lane::SendKeyValue, {}, 0, [released] { released.wait(); });
    watch.watch(Lane::ReceiveKeyValue, {}, 0, [] {})->wait();
    watch.watch(Lane::Collective, {}, 0, [] {})->wait();
    release.set_value();
    held->wait();
}

TEST(CompletionWatch, ThrowsFromWaitWhatTheOperationThrew) {
    CompletionWatch watch;
    const auto failing = watch.watch(Lane::Collective, {}, 0,
                                     [] { throw std::runtime_error("connection closed by peer"); });
    const auto next = watch.watch(Lane::Collective, {}, 0, [] {});
    EXPECT_THAT([&] { failing->wait(); },
                ThrowsMessage<std::runtime_error>("connection closed by peer"));
    EXPECT_NO_THROW(next->wait());
}

TEST(CompletionWatch, CompletesEverythingBeforeItIsDestroyed) {
    std::atomic<int> complete = 0;
    {
        CompletionWatch watch;
        for (int i = 0; i < 3; ++i)
            watch.watch(Lane::Collective, {}, 0, [&] {
                std::this_thread::sleep_for(std::chrono::milliseconds(2));
                ++complete;
            });
    }
    EXPECT_EQ(complete, 3);
}

}  // namespace
}  // namespace ringscope
