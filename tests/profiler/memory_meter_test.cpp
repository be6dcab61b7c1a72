#include "profiler/memory_meter.h"

#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace ringscope {
namespace {

TEST(MemoryMeter, RemembersTheMostThatWasLiveAtOnce) {
    MemoryMeter meter;
    meter.allocated(100);
    meter.allocated(50);
    meter.freed(100);
    meter.allocated(70);

    EXPECT_EQ(meter.current(), Bytes{120});
    EXPECT_EQ(meter.peak(), Bytes{150});
}

TEST(MemoryMeter, StartsAPeakAnewFromWhatIsLive) {
    MemoryMeter meter;
    meter.allocated(100);
    meter.freed(60);
    meter.restartPeak();
    EXPECT_EQ(meter.peak(), Bytes{40});

    meter.allocated(10);
    EXPECT_EQ(meter.peak(), Bytes{50});
}

TEST(MemoryMeter, LosesNothingWhenThreadsTellItAtOnce) {
    MemoryMeter meter;
    meter.allocated(1);
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread)
            threads.emplace_back([&meter] {
                for (int round = 0; round < 10'000; ++round) {
                    meter.allocated(8);
                    meter.freed(8);
                }
            });
    }
    EXPECT_EQ(meter.current(), Bytes{1});
    EXPECT_GE(meter.peak(), Bytes{9});
    EXPECT_LE(meter.peak(), Bytes{33});
}

}  // namespace
}  // namespace ringscope
