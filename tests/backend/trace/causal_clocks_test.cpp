// Clocks that pings compared badly, and messages that say it better.
#include "backend/trace/causal_clocks.h"

#include "backend/trace/trace.h"
#include "tests/backend/trace/rank_of_two.h"

#include <gtest/gtest.h>
#include <random>

namespace ringscope {
namespace {

using test::rankOfTwo;
constexpr std::int64_t us = 1'000;
constexpr std::int64_t ms = 1'000'000;

Span transfer(Operation operation, int peer, std::int64_t begin, std::int64_t end,
              std::uint32_t number = 0) {
    return {begin,
            end,
            {.kind = SpanKind::Transfer, .operation = operation, .peer = peer, .message = number}};
}

// Rank 1's clock is 7 ms ahead. A ping said: 8.5 ms, give or take 2. Messages take 50 us.
std::vector<RankTrace> pingPong(std::int64_t said, std::int64_t error) {
    const std::int64_t ahead = 7 * ms;
    return {rankOfTwo(0, {transfer(Operation::Send, 1, 100 * ms, 100 * ms + 60 * us),
                          transfer(Operation::Receive, 1, 100 * ms, 101 * ms + 50 * us)}),
            rankOfTwo(1,
                      {transfer(Operation::Receive, 0, 99 * ms + ahead, 100 * ms + 50 * us + ahead),
                       transfer(Operation::Send, 0, 101 * ms + ahead, 101 * ms + 70 * us + ahead)},
                      {{.local = 50 * ms, .reference = 50 * ms - said, .error = error}})};
}

TEST(CausalClocks, AreNarrowedToWhatAMessageTakes) {
    const Trace trace = mergeRanks(pingPong(8 * ms + 500 * us, 2 * ms));
    // Either way the message took 50 us, and the clocks may drift a little in the ms between them.
    EXPECT_GE(trace.clockErrorNs, 50 * us);
    EXPECT_LE(trace.clockErrorNs, 50 * us + 200);
    EXPECT_NEAR(static_cast<double>(trace.ranks[1].spans[1].begin()), 101.0 * ms, 100);
}

TEST(CausalClocks, StayAsPingsSaidWhereThoseAreMoreExact) {
    const Trace trace = mergeRanks(pingPong(7 * ms + 3 * us, 10 * us));
    EXPECT_EQ(trace.clockErrorNs, 10 * us);
    EXPECT_EQ(trace.ranks[1].spans[1].begin(), 101 * ms - 3 * us);
}

TEST(CausalClocks, StayAsPingsSaidWhereAMessageContradictsThem) {
    const Trace trace = mergeRanks(pingPong(20 * ms, 10 * us));
    EXPECT_EQ(trace.clockErrorNs, 10 * us);
    EXPECT_EQ(trace.ranks[1].spans[1].begin(), 101 * ms - 13 * ms);
}

// Nobody has what all give before the last one gave it.
TEST(CausalClocks, LearnFromCollectivesInBothDirections) {
    const std::int64_t ahead = -3 * ms;
    const Trace trace = mergeRanks(
        {rankOfTwo(0, {transfer(Operation::AllReduce, -1, 10 * ms, 20 * ms + 40 * us, 1),
                       transfer(Operation::AllReduce, -1, 30 * ms, 30 * ms + 45 * us, 2)}),
         rankOfTwo(
             1,
             {transfer(Operation::AllReduce, -1, 20 * ms + ahead, 20 * ms + 50 * us + ahead, 1),
              transfer(Operation::AllReduce, -1, 25 * ms + ahead, 30 * ms + 30 * us + ahead, 2)},
             {{.local = 0, .reference = 3 * ms + 700 * us, .error = ms}})});
    EXPECT_GE(trace.clockErrorNs, 35 * us) << "(40 us + 30 us) / 2";
    EXPECT_LE(trace.clockErrorNs, 36 * us);
    EXPECT_NEAR(static_cast<double>(trace.ranks[1].spans[0].begin()), 20.0 * ms, 36.0 * us);
}

TEST(CausalClocks, NeverLoseTheTruthFromTheirError) {
    std::mt19937_64 random(5);
    const auto upTo = [&](std::int64_t most) {
        return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most + 1));
    };
    for (int round = 0; round < 300; ++round) {
        const std::int64_t ahead = upTo(40 * ms) - 20 * ms;
        const std::int64_t error = 1 + upTo(3 * ms);
        std::vector<Span> here;
        std::vector<Span> there;
        std::vector<std::int64_t> truth;
        for (std::uint32_t i = 0; i < 20; ++i) {
            const std::int64_t at = 100 * ms + i * 10 * ms;
            const std::int64_t sent = at + upTo(4 * ms);
            const std::int64_t posted = at + upTo(4 * ms);
            const std::int64_t had = std::max(sent, posted) + upTo(200 * us) + upTo(2 * ms);
            const bool out = upTo(1) == 0;
            (out ? here : there)
                .push_back(transfer(Operation::Send, out ? 1 : 0, sent + (out ? 0 : ahead),
                                    had + (out ? 0 : ahead), i));
            (out ? there : here)
                .push_back(transfer(Operation::Receive, out ? 0 : 1, posted + (out ? ahead : 0),
                                    had + (out ? ahead : 0), i));
            truth.push_back(out ? posted : sent);
        }
        const std::int64_t wrong = upTo(2 * error) - error;
        const Trace trace = mergeRanks(
            {rankOfTwo(0, here),
             rankOfTwo(1, there, {{.local = ahead, .reference = wrong, .error = error}})});
        EXPECT_LE(trace.clockErrorNs, error);
        for (std::size_t i = 0; i < truth.size(); ++i)
            ASSERT_LE(std::abs(trace.ranks[1].spans[i].begin() - truth[i]), trace.clockErrorNs)
                << "round " << round;
    }
}

}  // namespace
}  // namespace ringscope
