#include "backend/plan/plan_hash.h"

#include "backend/plan/mode_table.h"

#include <gtest/gtest.h>
#include <functional>
#include <set>

namespace ringscope {
namespace {

RunConfig configOf(std::string_view mode, std::int64_t ranks = 4) {
    RunConfig config;
    config.parallel.mode = mode;
    config.parallel.sp = ranks;
    return config;
}

RunPlan planOf(std::string_view mode) { return planRun(configOf(mode)).value(); }

// The steps of rank `rank`, changed.
RunPlan withSteps(RunPlan plan, int rank, const std::function<void(RankSchedule&)>& change) {
    plan.parts.front().schedule.makeSteps = [=, make = plan.schedule().makeSteps](
                                                const Schedule& whole, int which) {
        RankSchedule steps = make(whole, which);
        if (which == rank) change(steps);
        return steps;
    };
    return plan;
}

TEST(PlanHash, IsTheSameForTheSameConfiguration) {
    for (const Mode& mode : modeTable())
        EXPECT_EQ(planHash(planOf(mode.name)), planHash(planOf(mode.name))) << mode.name;
}

// Recorded once: a program of another machine or compiler has to come to the same digits.
TEST(PlanHash, IsTheSameOnEveryMachine) {
    EXPECT_EQ(planHash(planOf("zigzag")), "24b7b82c4822ec11");
    EXPECT_EQ(planHash(planOf("ulysses")), "064faaabe50934f5");
}

TEST(PlanHash, DiffersFromModeToMode) {
    std::set<std::string> hashes;
    for (const Mode& mode : modeTable()) hashes.insert(planHash(planOf(mode.name)));
    EXPECT_EQ(hashes.size(), modeTable().size() - 1);  // dilated-ring of all keys is ring
}

TEST(PlanHash, SeesEveryNumberOfTheConfigurationThatRanksActOn) {
    const auto changed = [](const std::function<void(RunConfig&)>& change) {
        RunConfig config = configOf("zigzag");
        change(config);
        return planHash(planRun(config).value());
    };
    std::set<std::string> hashes{planHash(planOf("zigzag"))};
    hashes.insert(changed([](RunConfig& config) { config.train.steps = 11; }));
    hashes.insert(changed([](RunConfig& config) { config.train.seqLen = 2048; }));
    hashes.insert(changed([](RunConfig& config) { config.train.batch = 2; }));
    hashes.insert(changed([](RunConfig& config) { config.train.gradAccum = 2; }));
    hashes.insert(changed([](RunConfig& config) { config.train.precision = NumberFormat::Bf16; }));
    hashes.insert(changed([](RunConfig& config) { config.model.layers = 5; }));
    hashes.insert(changed([](RunConfig& config) { config.attention.causal = false; }));
    hashes.insert(changed([](RunConfig& config) { config.attention.window = 100; }));
    hashes.insert(changed([](RunConfig& config) { config.attention.window = 101; }));
    hashes.insert(changed([](RunConfig& config) { config.parallel.dp = 2; }));
    EXPECT_EQ(hashes.size(), 11U);
}

TEST(PlanHash, SeesEveryPartOfATransferAndOfABlock) {
    const RunPlan plan = planOf("zigzag");
    const auto transfer = [&](const std::function<void(Transfer&)>& change) {
        return planHash(withSteps(
            plan, 3, [&](RankSchedule& steps) { change(steps.backward.at(1).transfers.front()); }));
    };
    const auto block = [&](const std::function<void(Block&)>& change) {
        return planHash(withSteps(
            plan, 3, [&](RankSchedule& steps) { change(steps.forward.at(2).blocks.front()); }));
    };
    std::set<std::string> hashes{planHash(plan)};
    hashes.insert(transfer([](Transfer& t) { t.kind = TransferKind::AllToAll; }));
    hashes.insert(transfer([](Transfer& t) { t.payload = Payload::Output; }));
    hashes.insert(transfer([](Transfer& t) { t.posted = PostTime::AfterBlocks; }));
    hashes.insert(transfer([](Transfer& t) { t.peer += 1; }));
    hashes.insert(transfer([](Transfer& t) { t.among = {.first = 1, .count = 2}; }));
    hashes.insert(transfer([](Transfer& t) { t.ofOwnKeys = !t.ofOwnKeys; }));
    hashes.insert(transfer([](Transfer& t) { t.neededBy += 1; }));
    hashes.insert(transfer([](Transfer& t) { t.sentBytes += 1; }));
    hashes.insert(transfer([](Transfer& t) { t.receivedBytes += 1; }));
    hashes.insert(block([](Block& b) { b.queries.begin += 1; }));
    hashes.insert(block([](Block& b) { b.keys.end -= 1; }));
    hashes.insert(block([](Block& b) { b.mask = MaskKind::Causal; }));
    EXPECT_EQ(hashes.size(), 13U);
}

TEST(PlanHash, SeesAnotherLayoutAndAStepLess) {
    const RunPlan plan = planOf("zigzag");
    RunPlan moved = plan;
    moved.parts.front().schedule.owned = contiguousLayout({.worldSize = 4, .tokens = 1024}).value();
    EXPECT_NE(planHash(moved), planHash(plan));
    const RunPlan shorter =
        withSteps(plan, 0, [](RankSchedule& steps) { steps.forward.pop_back(); });
    EXPECT_NE(planHash(shorter), planHash(plan));
}

}  // namespace
}  // namespace ringscope
