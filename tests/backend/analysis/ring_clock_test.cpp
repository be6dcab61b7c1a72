// Planned rings whose ranks have clocks of their own, as on several hosts.
#include "backend/analysis/findings.h"
#include "backend/trace/trace.h"
#include "tests/backend/analysis/made_ring.h"

#include <gtest/gtest.h>
#include <algorithm>
#include <cmath>
#include <random>

namespace ringscope {
namespace {

constexpr std::int64_t us = 1'000;
constexpr std::int64_t ms = 1'000'000;

// A clock of a rank: what it shows at a true moment.
struct HostClock {
    std::int64_t offset = 0;
    double drift = 0;  // seconds gained per second
    std::int64_t shows(std::int64_t moment) const {
        return moment + offset + std::llround(static_cast<double>(moment) * drift);
    }
};

void giveClock(RankTrace& rank, const HostClock& clock) {
    for (Span& span : rank.spans)
        span = Span(clock.shows(span.begin()), clock.shows(span.end()), span.tag());
}

// A ping that leaves at `moment`; the answer is read somewhere on its way there and back.
ClockSample ping(const HostClock& clock, std::int64_t moment, std::mt19937& random) {
    const auto there = static_cast<std::int64_t>(random() % (8 * us));
    const auto back = static_cast<std::int64_t>(random() % (8 * us));
    return {.local = clock.shows(moment + there),
            .reference = moment + (there + back) / 2,
            .error = (there + back) / 2 + 1};
}

struct Planted {
    Trace trace;
    std::vector<RankTrace> truth;
    int slow = 0;
};

Planted plantedRing(std::mt19937& random) {
    test::RingPlan plan{.ranks = 2 + static_cast<int>(random() % 5),
                        .steps = 2 + static_cast<int>(random() % 3),
                        .layers = 1 + static_cast<int>(random() % 3),
                        .block = 1 * ms + static_cast<std::int64_t>(random() % (5 * ms)),
                        .transfer = 400 * us + static_cast<std::int64_t>(random() % ms)};
    plan.slow = static_cast<int>(random() % static_cast<unsigned>(plan.ranks));
    plan.slowBy = 2 * plan.transfer;
    Planted planted{{}, test::madeRing(plan), plan.slow};
    std::vector<RankTrace> ranks = planted.truth;
    std::int64_t last = 0;
    for (const RankTrace& rank : ranks)
        for (const Span& span : rank.spans) last = std::max(last, span.end());
    for (std::size_t r = 1; r < ranks.size(); ++r) {
        const HostClock clock{.offset = static_cast<std::int64_t>(random() % (2'000 * ms)),
                              .drift = (static_cast<double>(random() % 200) - 100) * 1e-6};
        giveClock(ranks[r], clock);
        for (const std::int64_t moment : {plan.stepBegin - 5 * ms, last + 5 * ms})
            for (int round = 0; round < 3; ++round)
                ranks[r].clock.push_back(ping(clock, moment + round * ms / 2, random));
    }
    planted.trace = mergeRanks(std::move(ranks));
    return planted;
}

TEST(RingOnManyClocks, HasItsOffsetsRecoveredWithinTheStatedResidual) {
    std::mt19937 random(21);
    for (int round = 0; round < 60; ++round) {
        const Planted planted = plantedRing(random);
        ASSERT_GT(planted.trace.clockErrorNs, 0);
        for (std::size_t r = 0; r < planted.truth.size(); ++r)
            for (std::size_t i = 0; i < planted.truth[r].spans.size(); ++i) {
                const Span& span = planted.trace.ranks[r].spans[i];
                const Span& truth = planted.truth[r].spans[i];
                ASSERT_LE(std::abs(span.begin() - truth.begin()), planted.trace.clockErrorNs + 2);
                ASSERT_LE(std::abs(span.end() - truth.end()), planted.trace.clockErrorNs + 2);
            }
    }
}

TEST(RingOnManyClocks, BlamesTheSlowRankAllTheSame) {
    std::mt19937 random(22);
    for (int round = 0; round < 60; ++round) {
        const Planted planted = plantedRing(random);
        const RunFindings findings = analyze(planted.trace);
        ASSERT_TRUE(findings.clock.splits) << findings.clock.sentence;
        EXPECT_TRUE(findings.violations.empty());
        const auto late = std::ranges::max_element(findings.blame, {}, &Blame::causedWait);
        EXPECT_EQ(late->rank, planted.slow) << "round " << round;
    }
}

TEST(RingOnManyClocks, WouldShowWaitsThatNeverWereWithoutTheComparisons) {
    std::vector<RankTrace> ranks = test::madeRing({});
    giveClock(ranks[3], {.offset = 150 * us});
    const Trace trace = mergeRanks(std::move(ranks));
    const TrustedMeetings trusted = trustedMeetings(trace);
    std::int64_t waited = 0;
    for (std::size_t r = 0; r < trace.ranks.size(); ++r)
        for (std::size_t i = 0; i < trusted.meetings[r].size(); ++i)
            if (trusted.meetings[r][i].latest == 3)
                waited += trusted.meetings[r][i].moving - trace.ranks[r].spans[i].begin();
    EXPECT_GT(waited, 0) << "which is why unknown clocks are not trusted";
}

}  // namespace
}  // namespace ringscope
