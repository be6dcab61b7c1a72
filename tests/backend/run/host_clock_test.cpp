#include "backend/run/host_clock.h"

#include "backend/run/trace_inbox.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

TEST(HostClock, TheQuickestExchangeOfARoundDecides) {
    HostClock reference;
    reference.add(0, 10, 1'000'005);  // 1,000,000 ahead of us
    HostClock other;
    other.add(0, 1'000, 5'000'900);      // slow: says little
    other.add(2'000, 2'020, 5'002'010);  // 5,000,000 ahead
    const std::vector<ClockSample> samples = other.against(reference);
    ASSERT_EQ(samples.size(), 1U);
    EXPECT_EQ(samples[0].local, 5'002'010);
    EXPECT_EQ(samples[0].reference - samples[0].local, -4'000'000);
    EXPECT_EQ(samples[0].error, 10 + 5);
}

TEST(HostClock, KeepsASampleOfEachRoundThatBothTookPartIn) {
    HostClock reference;
    HostClock other;
    for (HostClock* clock : {&reference, &other}) clock->add(0, 2, 1);
    for (HostClock* clock : {&reference, &other}) clock->nextRound();
    reference.add(4, 6, 5);  // in this round the other one did not answer
    for (HostClock* clock : {&reference, &other}) clock->nextRound();
    reference.add(10, 12, 11);
    EXPECT_EQ(other.against(reference).size(), 1U);
    other.add(10, 12, 12);
    EXPECT_EQ(other.against(reference).size(), 2U);
}

TEST(TraceInbox, RefusesAPartThatDoesNotFollowTheLastOne) {
    TraceInbox inbox("/nowhere");
    const Result<void> added = inbox.add({.rank = 2, .offset = 4, .data = "AAAA"});
    ASSERT_FALSE(added.ok());
    EXPECT_EQ(added.error().message, "the trace of rank 2 arrived damaged after 0 bytes");
}

TEST(TraceInbox, RefusesARankThatNoRunHas) {
    TraceInbox inbox("/nowhere");
    for (const int rank : {-1, mostRanks, 1 << 30}) {
        const Result<void> taken = inbox.add({.rank = rank, .offset = 0, .data = "AAAA"});
        ASSERT_FALSE(taken.ok());
        EXPECT_EQ(taken.error().message,
                  "a trace arrived of rank " + std::to_string(rank) + "; ranks are 0 to 4095");
    }
}

}  // namespace
}  // namespace ringscope
