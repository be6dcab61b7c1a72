#include "backend/simulate/calibration.h"

#include "tests/backend/simulate/planned.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace ringscope::test {
namespace {

// A machine whose rates do not depend on sizes, so that a calibration can find them again.
Machine known() {
    Machine machine = findMachine("h100-8x").value();
    machine.kernel = "block";
    machine.attention.clear();
    for (const Pass pass : {Pass::Forward, Pass::Backward})
        for (const MaskKind mask : {MaskKind::Full, MaskKind::Causal, MaskKind::Positions})
            machine.attention.push_back({.kernel = "block",
                                         .format = NumberFormat::Fp32,
                                         .heads = 8,
                                         .headColumns = 32,
                                         .pass = pass,
                                         .mask = mask,
                                         .points = {{64, pass == Pass::Forward ? 0.04 : 0.03}},
                                         .source = "made up"});
    machine.products = {
        {.format = NumberFormat::Fp32, .points = {{256, 0.05}}, .source = "made up"}};
    machine.device.kind = DeviceKind::Cpu;
    machine.device.perHost = 1024;
    machine.device.launchNanos = 0;
    machine.device.bandwidth = 8e9;
    machine.links = {{.name = "loopback",
                      .bandwidth = 2e9,
                      .latencyNanos = 40'000,
                      .collectives = {{TransferKind::AllGather, 1e9, 90'000},
                                      {TransferKind::ReduceScatter, 0.5e9, 120'000},
                                      {TransferKind::AllToAll, 1.5e9, 60'000}},
                      .source = "made up"}};
    return machine;
}

// What ranks would record there: layers and passes of ranks are around spans of their own.
std::vector<CalibrationRun> recordedOn(const Machine& machine) {
    std::vector<CalibrationRun> runs;
    for (const ExpandedRun& run : calibrationRuns(NumberFormat::Fp32)) {
        RunPlan plan = planRun(run.config).value();
        Trace trace = predictedTrace(plan, machine).value();
        for (RankTrace& rank : trace.ranks) {
            std::vector<Span> around;
            for (const SpanPass pass : {SpanPass::Forward, SpanPass::Backward}) {
                std::int64_t begin = -1;
                std::int64_t end = 0;
                for (const Span& span : rank.spans)
                    if (span.pass() == pass) {
                        if (begin < 0) begin = span.begin();
                        end = std::max(end, span.end());
                    }
                around.emplace_back(
                    begin, end,
                    SpanTag{.kind = SpanKind::Compute,
                            .operation = pass == SpanPass::Forward ? Operation::Forward
                                                                   : Operation::Backward});
            }
            std::erase_if(rank.spans, [](const Span& span) {
                return span.operation() == Operation::Forward ||
                       span.operation() == Operation::Backward;
            });
            rank.spans.insert(rank.spans.end(), around.begin(), around.end());
        }
        runs.push_back({std::move(plan), std::move(trace)});
    }
    return runs;
}

TEST(Calibration, FindsTheRatesOfTheMachineThatWasRecorded) {
    const Machine machine = known();
    const Calibration found = calibrated(recordedOn(machine), {.name = "made up",
                                                               .cores = 64,
                                                               .memoryBytes = 1LL << 34,
                                                               .diskRead = 1e9,
                                                               .diskWrite = 1e9,
                                                               .day = "2026-11-30"})
                                  .value();
    for (const AttentionTable& table : found.machine.attention)
        for (const RatePoint& point : table.points)
            EXPECT_NEAR(point.tflops, table.pass == Pass::Forward ? 0.04 : 0.03, 0.0005)
                << maskName(table.mask) << " " << point.size;
    EXPECT_NEAR(found.machine.device.bandwidth / 8e9, 1, 0.15);
    for (const RatePoint& point : found.machine.products.front().points)
        EXPECT_NEAR(point.tflops / 0.05, 1, 0.1) << point.size;
    EXPECT_NEAR(found.machine.links.front().bandwidth / 2e9, 1, 0.1);
    EXPECT_NEAR(static_cast<double>(found.machine.links.front().latencyNanos), 40'000, 8'000);
    const std::vector<CollectiveRate>& collectives = machine.links.front().collectives;
    ASSERT_EQ(found.machine.links.front().collectives.size(), collectives.size());
    for (std::size_t i = 0; i < collectives.size(); ++i) {
        const CollectiveRate& rate = found.machine.links.front().collectives[i];
        EXPECT_EQ(rate.kind, collectives[i].kind);
        EXPECT_NEAR(rate.bandwidth / collectives[i].bandwidth, 1, 0.1);
        EXPECT_NEAR(static_cast<double>(rate.latencyNanos),
                    static_cast<double>(collectives[i].latencyNanos), 20'000);
    }
}

// On two cores that compute all the time, what copies messages has half of them at least.
TEST(Calibration, FindsHalfTheRateOfMessagesOrMoreWhereCoresAreBusy) {
    Machine machine = known();
    machine.device.cores = 2;
    const Calibration found = calibrated(recordedOn(machine), {.name = "made up",
                                                               .cores = 2,
                                                               .turnNanos = 3'000'000,
                                                               .memoryBytes = 1LL << 34,
                                                               .diskRead = 1e9,
                                                               .diskWrite = 1e9,
                                                               .day = "2026-11-30"})
                                  .value();
    EXPECT_GT(found.machine.links.front().bandwidth, 0.5 * 2e9);
    EXPECT_LT(found.machine.links.front().bandwidth, 1.1 * 2e9);
    EXPECT_EQ(found.machine.device.turnNanos, 3'000'000);
}

TEST(Calibration, DriftNamesTheLargestChangeFirst) {
    const Machine before = known();
    Machine now = before;
    now.links.back().bandwidth *= 0.5;
    now.device.bandwidth *= 1.1;
    const Drift drift = driftOf(before, now);
    EXPECT_NEAR(drift.worstPercent, 50, 0.01);
    EXPECT_EQ(drift.sentences.front(), "messages: -50.0 %");
}

TEST(Calibration, RunsWithoutMessagesAreRefused) {
    std::vector<CalibrationRun> runs = recordedOn(known());
    std::erase_if(runs, [](const CalibrationRun& run) { return run.plan.ranks > 1; });
    EXPECT_EQ(calibrated(runs, {}).error().message,
              "the calibration's traces lack messages of two sizes");
}

}  // namespace
}  // namespace ringscope::test
