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

TEST(MemoryMeter, CountsNothingThatWouldPassItsLimit) {
    MemoryMeter meter;
    EXPECT_TRUE(meter.allocatedWithinLimit(1'000'000)) << "there is no limit at the start";
    meter.freed(1'000'000);
    meter.restartPeak();

    meter.setLimit(Bytes{100});
    EXPECT_TRUE(meter.allocatedWithinLimit(60));
    EXPECT_FALSE(meter.allocatedWithinLimit(41));
    EXPECT_EQ(meter.current(), Bytes{60});
    EXPECT_EQ(meter.peak(), Bytes{60});
    EXPECT_TRUE(meter.allocatedWithinLimit(40)) << "the limit itself can be held";

    meter.setLimit(std::nullopt);
    EXPECT_TRUE(meter.allocatedWithinLimit(1));
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
