#include "backend/simulate/simulator.h"

#include "backend/analysis/findings.h"
#include "backend/plan/attention_work.h"
#include "backend/plan/mode_table.h"
#include "backend/simulate/symmetry.h"
#include "tests/backend/simulate/planned.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace ringscope::test {
namespace {

const Machine& h100() {
    static const Machine machine = findMachine("h100-8x").value();
    return machine;
}

RunConfig smallConfig() {
    RunConfig config = llama8b();
    config.model.layers = 3;
    config.train.seqLen = 16384;
    return config;
}

// Patterns of every kind, and adapters.
std::vector<RunConfig> otherTrainings() {
    std::vector<RunConfig> configs(5, smallConfig());
    configs[0].attention.pattern = {
        .kind = PatternKind::Dilated, .segments = {1024, 16384}, .rates = {1, 8}};
    configs[1].attention.pattern = {.kind = PatternKind::Dilated,
                                    .segments = {2048, 8192},
                                    .rates = {1, 4},
                                    .stopGradient = false};
    configs[2].attention.pattern = {
        .kind = PatternKind::BlockSparse, .block = 128, .local = 2, .globalTokens = 256};
    configs[3].attention.pattern = {.kind = PatternKind::BlockSparse, .block = 512, .topK = 4};
    configs[4].adapter = {.kind = AdapterKind::Lora, .rank = 16};
    return configs;
}

// Each mode on 8 ranks that the configuration runs under, and what its ranks do.
template <typename Check>
void forEachMode(const RunConfig& config, Check check) {
    const bool blocks = config.attention.pattern.kind == PatternKind::BlockSparse;
    for (const Mode& mode : modeTable()) {
        if (!mode.sharded || (blocks && mode.name.starts_with("dilated"))) continue;
        SCOPED_TRACE(std::string(mode.name));
        const RunPlan plan = plannedOn(config, h100(), std::string(mode.name), 8);
        check(plan, StepCosts::of(plan, h100(), {}).value());
    }
}

SimulatedRanks everyRank(const StepCosts& costs) {
    return tapesOf(costs, {.period = costs.plan().ranks / costs.plan().replicas},
                   wholeStep(costs.plan()));
}

TEST(Simulator, PartsOfEachRankAddUpToTheStep) {
    for (const bool causal : {true, false}) {
        RunConfig config = smallConfig();
        config.attention.causal = causal;
        forEachMode(config, [](const RunPlan&, const StepCosts& costs) {
            const SimulatedStep step = simulateStep(everyRank(costs), h100(), false);
            for (const RankTimes& rank : step.ranks) EXPECT_EQ(rank.step(), step.nanos);
        });
    }
}

void expectWithinBounds(const StepCosts& costs) {
    const SimulatedRanks ranks = everyRank(costs);
    const SimulatedStep step = simulateStep(ranks, h100(), false);
    for (std::size_t rank = 0; rank < ranks.tapes.size(); ++rank) {
        const TapeTotals totals = totalsOf(ranks.tapes[rank]);
        EXPECT_GE(step.nanos, totals.work);
        EXPECT_GE(
            static_cast<double>(step.nanos),
            static_cast<double>(totals.sentBytes) / h100().links.front().bandwidth * 1e9 * 0.999);
        const RankTimes& times = step.ranks[rank];
        EXPECT_EQ(times.attention + times.compute + times.copies, totals.work);
        EXPECT_EQ(times.step(), step.nanos);
    }
}

TEST(Simulator, AStepIsNeverShorterThanItsWorkOrItsBytes) {
    forEachMode(smallConfig(),
                [](const RunPlan&, const StepCosts& costs) { expectWithinBounds(costs); });
    for (const RunConfig& config : otherTrainings())
        forEachMode(config,
                    [](const RunPlan&, const StepCosts& costs) { expectWithinBounds(costs); });
}

void expectBytesOfPlan(const RunPlan& plan, const StepCosts& costs) {
    std::int64_t most = 0;
    for (const RankTape& tape : everyRank(costs).tapes)
        most = std::max(most, totalsOf(tape).attentionBytes);
    EXPECT_EQ(most, plan.attentionBytesPerStep);
}

TEST(Simulator, RanksSendTheBytesThatTheirPlanSays) {
    forEachMode(smallConfig(), expectBytesOfPlan);
    for (const RunConfig& config : otherTrainings()) forEachMode(config, expectBytesOfPlan);
}

TEST(Simulator, GradientsAndValuesAreThoseThatThePlanSends) {
    for (const AdapterKind adapter : {AdapterKind::None, AdapterKind::Lora})
        for (const std::int64_t zero : {0, 1, 2, 3}) {
            SCOPED_TRACE("zero " + std::to_string(zero));
            RunConfig config = smallConfig();
            config.adapter.kind = adapter;
            config.memory.zero = zero;
            const RunPlan plan = plannedOn(config, h100(), "zigzag", 8);
            const StepCosts costs = StepCosts::of(plan, h100(), {}).value();
            const TapeTotals totals = totalsOf(StepTapes(costs).of(0, wholeStep(plan)));
            // Of the gradients' norm each rank sends a number and a count.
            EXPECT_EQ(totals.sentBytes - totals.attentionBytes - 16 * 7, plan.gradientBytesPerStep);
        }
}

// Pairs that are seen, at the highest rate of any block.
TEST(Simulator, AttentionOfAPatternTakesItsPairs) {
    double best = 0;
    for (const AttentionTable& table : h100().attention)
        for (const RatePoint& point : table.points)
            if (table.kernel == h100().kernel) best = std::max(best, point.tflops);
    const auto attentionNanos = [](const StepCosts& costs) {
        std::int64_t nanos = 0;
        for (const RankTape& tape : everyRank(costs).tapes) nanos += totalsOf(tape).attention;
        return static_cast<double>(nanos);
    };
    for (RunConfig config : otherTrainings()) {
        if (config.attention.pattern.kind == PatternKind::None) continue;
        config.memory = {};
        const RunPlan plan = plannedOn(config, h100(), "ulysses", 8);
        const StepCosts costs = StepCosts::of(plan, h100(), {}).value();
        EXPECT_GE(attentionNanos(costs), 3.5 * attentionFlops(plan) / best / 1e3);
    }
}

void expectFasterWithBandwidth(const RunPlan& plan, const StepCosts& /*costs*/) {
    std::int64_t before = 0;
    for (const double factor : {16.0, 4.0, 1.0, 0.25, 1.0 / 16}) {
        Machine machine = h100();
        for (LinkLevel& link : machine.links) link.bandwidth *= factor;
        const std::int64_t nanos = predictTimes(plan, machine).value().stepNanos;
        EXPECT_GE(nanos, before) << "at " << factor << " × the bandwidth";
        before = nanos;
    }
}

TEST(Simulator, MoreBandwidthNeverSlows) {
    forEachMode(smallConfig(), expectFasterWithBandwidth);
    for (const RunConfig& config : otherTrainings()) forEachMode(config, expectFasterWithBandwidth);
}

TEST(Simulator, OnePeriodOfRanksTakesWhatAllOfThemTake) {
    forEachMode(smallConfig(), [](const RunPlan&, const StepCosts& costs) {
        const Symmetry symmetry = symmetryOf(costs).value();
        const SimulatedStep all = simulateStep(everyRank(costs), h100(), false);
        const SimulatedStep period =
            simulateStep(tapesOf(costs, symmetry, wholeStep(costs.plan())), h100(), false);
        EXPECT_EQ(period.nanos, all.nanos) << "period " << symmetry.period;
        for (std::size_t rank = 0; rank < all.ranks.size(); ++rank)
            EXPECT_EQ(all.ranks[rank],
                      period.ranks[rank % static_cast<std::size_t>(symmetry.period)]);
    });
}

TEST(Simulator, UlyssesNeedsOneRankOfAHostAndTwoHostsOneOfEach) {
    const RunConfig config = smallConfig();
    const RunPlan one = plannedOn(config, h100(), "ulysses", 8);
    EXPECT_EQ(symmetryOf(StepCosts::of(one, h100(), {}).value()).value().period, 1);
    const RunPlan four = plannedOn(config, h100(), "ulysses", 32);
    EXPECT_EQ(symmetryOf(StepCosts::of(four, h100(), {}).value()).value().period, 8);
}

TEST(Simulator, EqualSchedulesGiveEqualTraces) {
    const RunPlan plan = plannedOn(smallConfig(), h100(), "zigzag", 8);
    const Trace first = predictedTrace(plan, h100()).value();
    const Trace second = predictedTrace(plan, h100()).value();
    ASSERT_EQ(first.ranks.size(), 8U);
    for (std::size_t rank = 0; rank < first.ranks.size(); ++rank)
        EXPECT_EQ(first.ranks[rank].spans, second.ranks[rank].spans);
}

TEST(Simulator, ThePredictedTraceIsAnalysedAsARecordedOneIs) {
    forEachMode(smallConfig(), [](const RunPlan& plan, const StepCosts& costs) {
        const Trace trace = predictedTrace(plan, h100()).value();
        const RunFindings findings = analyze(trace);
        const SimulatedStep step = simulateStep(everyRank(costs), h100(), false);
        ASSERT_EQ(findings.ranks.size(), 8U);
        for (const RankFigures& rank : findings.ranks) {
            const RankTimes& times = step.ranks[static_cast<std::size_t>(rank.rank)];
            // Between layers ranks wait for nobody; what analysis calls exposed is what we do.
            EXPECT_NEAR(static_cast<double>(rank.communication.exposed),
                        static_cast<double>(times.exposed + times.wait),
                        0.01 * static_cast<double>(step.nanos));
            // Analysis counts no wait while any message of the rank moves; we look at one.
            EXPECT_LE(rank.communication.wait, times.wait + step.nanos / 100);
            EXPECT_EQ(rank.communication.unpaired, 0);
            EXPECT_EQ(rank.span, step.nanos);
        }
    });
}

TEST(Simulator, RanksThatShareCoresTakeTurns) {
    Machine machine = h100();
    machine.device.kind = DeviceKind::Cpu;
    machine.device.launchNanos = 0;
    machine.device.perHost = 8;
    const RunPlan plan = plannedOn(smallConfig(), h100(), "ulysses", 8);
    const std::int64_t alone = predictTimes(plan, machine).value().stepNanos;
    machine.device.cores = 64;
    EXPECT_EQ(predictTimes(plan, machine).value().stepNanos, alone);
    machine.device.cores = 4;
    const auto shared = static_cast<double>(predictTimes(plan, machine).value().stepNanos);
    // Half a core for each; what copies messages has its turns, too, beside what computes.
    EXPECT_GT(shared / static_cast<double>(alone), 1.99);
    EXPECT_LT(shared / static_cast<double>(alone), 4);
}

TEST(Simulator, MessagesBetweenCpusTakeOfTheCoresThatCompute) {
    Machine machine = h100();
    machine.device.kind = DeviceKind::Cpu;
    machine.device.cores = 64;
    const RunPlan plan = plannedOn(smallConfig(), machine, "zigzag", 8);
    const SimulatedStep apart =
        simulateStep(everyRank(StepCosts::of(plan, machine, {}).value()), machine, false);
    machine.device.cores = 8;
    const SimulatedStep together =
        simulateStep(everyRank(StepCosts::of(plan, machine, {}).value()), machine, false);
    EXPECT_GT(together.mean().attention, apart.mean().attention);
    EXPECT_GT(together.nanos, apart.nanos);
}

TEST(Simulator, ACollectiveOperationMovesAtItsOwnRate) {
    Machine machine = h100();
    const RunPlan plan = plannedOn(smallConfig(), machine, "ulysses", 8);
    const std::int64_t before = predictTimes(plan, machine).value().mean.exposed;
    LinkLevel& link = machine.links.front();
    link.collectives = {{TransferKind::AllToAll, link.bandwidth / 4, link.latencyNanos}};
    EXPECT_GT(predictTimes(plan, machine).value().mean.exposed, before * 11 / 10);
}

TEST(Simulator, KernelsThatAreShorterThanTheirLaunchLeaveGaps) {
    RunConfig config = smallConfig();
    config.train.seqLen = 256;
    Machine machine = h100();
    machine.device.launchNanos = 100'000;
    for (LinkLevel& link : machine.links) link.bandwidth = 1e14;
    const RunPlan plan = plannedOn(config, machine, "ulysses", 8);
    const StepTimes times = predictTimes(plan, machine).value();
    EXPECT_GT(times.mean.gaps, times.mean.attention + times.mean.compute);
}

}  // namespace
}  // namespace ringscope::test
