// Figures that others published, each with the tolerance it is held to. Nothing in the machines was
// fitted to them. A row that does not fit stays, says by how much it misses, and why.
#include "backend/simulate/prediction.h"

#include "backend/simulate/attention_tape.h"
#include "backend/simulate/simulator.h"
#include "tests/backend/simulate/planned.h"

#include <gtest/gtest.h>

#include <cmath>

namespace ringscope::test {
namespace {

// Arctic Long Sequence Training, arXiv 2506.13996: Llama-3.1-8B on H100 with FlashAttention 2,
// ZeRO-3, the optimizer on the host, 200 GB/s between hosts.
struct AlstRow {
    const char* name;
    std::int64_t ranks;
    bool split;  // Ulysses; false: data parallel
    std::int64_t tokens;
    bool tileMlp;
    bool offload;
    double seconds;      // published
    double tolerance;    // share of it
    const char* misses;  // why the row is held to more than 10 %; empty: it is not
};

Machine alstMachine() {
    Machine machine = findMachine("h100-8x").value();
    machine.links.back().bandwidth = 200e9 / 8;
    return machine;
}

double alstSeconds(const AlstRow& row) {
    RunConfig config = llama8b();
    config.train.seqLen = row.tokens;
    config.memory.tileMlp = row.tileMlp ? std::optional<std::int64_t>(4096) : std::nullopt;
    config.memory.offloadOptimizer = OffloadPlace::Host;
    if (row.offload) config.memory.offloadActivations = OffloadPlace::Host;
    if (!row.split) config.parallel.dp = row.ranks;
    const Machine machine = alstMachine();
    const RunPlan plan = plannedOn(config, machine, "ulysses", row.ranks);
    return static_cast<double>(predictTimes(plan, machine, "fa2").value().stepNanos) / 1e9;
}

TEST(Published, AlstStepTimes) {
    constexpr const char* hostBound =
        "DeepSpeed's optimizer runs on the host's processor; how fast, and what of it hides, is "
        "not "
        "published. The shorter the step, the more of it that is";
    constexpr const char* slowTiles =
        "its own row without tiles reaches 5 % more TFLOP/s: those tiles cost more than what they "
        "compute again";
    const AlstRow rows[] = {
        {"8 GPUs, 1.1M, Ulysses", 8, true, 1'100'000, false, false, 564, 0.10, ""},
        {"8 GPUs, 1.2M, tiled MLP", 8, true, 1'200'000, true, false, 703, 0.15, slowTiles},
        {"8 GPUs, 2.4M, checkpoints on the host", 8, true, 2'400'000, false, true, 2610, 0.10, ""},
        {"8 GPUs, 3.7M, all", 8, true, 3'700'000, true, true, 6455, 0.10, ""},
        {"32 GPUs, 15.5M, all", 32, true, 15'500'000, true, true, 26709, 0.10, ""},
        {"1 GPU, 500K, all", 1, false, 500'000, true, true, 1010, 0.15, hostBound},
        {"8 GPUs, 160K, tiled loss", 8, false, 160'000, false, false, 123, 0.25, hostBound},
        {"8 GPUs, 32K, baseline", 8, false, 32'000, false, false, 17, 1.0, hostBound},
        {"1 GPU, 32K, baseline", 1, false, 32'000, false, false, 26, 1.0, hostBound},
    };
    for (const AlstRow& row : rows) {
        const double error = alstSeconds(row) / row.seconds - 1;
        RecordProperty(row.name, std::to_string(error * 100));
        EXPECT_LE(std::abs(error), row.tolerance) << row.name << " " << row.misses;
    }
}

// ring-flash-attention's README: forward of one layer, 8 GPUs with 8192 tokens each, 32 heads, 8 of
// keys, of 128; share of what its kernel would reach with all of the sequence's work divided by 8.
double attentionNanos(const StepCosts& costs, bool backward) {
    constexpr int passes = 8;
    const AttentionPart& part = costs.plan().parts.front();
    SimulatedRanks ranks{.ranks = costs.plan().ranks, .all = costs.plan().ranks};
    for (int rank = 0; rank < costs.plan().ranks; ++rank) {
        RankTape& tape = ranks.tapes.emplace_back();
        Segment layer;
        const RankSchedule steps = stepsOf(part.schedule, rank);
        appendAttention(costs, part, steps, rank, Pass::Forward, tape, layer.deeds);
        if (backward) appendAttention(costs, part, steps, rank, Pass::Backward, tape, layer.deeds);
        tape.segments.push_back(std::move(layer));
        tape.plays.assign(passes, {.segment = 0, .layer = 0});
    }
    return static_cast<double>(simulateStep(ranks, costs.machine(), false).nanos) / passes;
}

double shareOfIdeal(const std::string& mode, const Machine& machine, bool backward) {
    RunConfig config = llama8b();
    config.memory = {};
    const RunPlan plan = plannedOn(config, machine, mode, 8);
    const RunPlan whole = plannedOn(config, machine, "none", 0);
    const StepCosts costs = StepCosts::of(plan, machine, "fa2").value();
    const StepCosts alone = StepCosts::of(whole, machine, "fa2").value();
    const Block causal{.queries = {0, 65536}, .keys = {0, 65536}, .mask = MaskKind::Causal};
    double ideal = static_cast<double>(alone.block(causal, 32, Pass::Forward)) / 8;
    if (backward) ideal += static_cast<double>(alone.block(causal, 32, Pass::Backward)) / 8;
    return ideal / attentionNanos(costs, backward);
}

TEST(Published, RingAndZigzagReachTheirShareOfTheIdealOnEightGpus) {
    const Machine machine = findMachine("h100-8x").value();
    struct Row {
        const char* mode;
        bool backward;
        double share;
        double tolerance;
        const char* misses;
    };
    const Row rows[] = {
        {"ring", false, 0.521, 0.05, ""},
        {"ring", true, 0.539, 0.05, ""},
        {"zigzag", true, 0.902, 0.05, ""},
        {"zigzag", false, 0.852, 0.15,
         "theirs merges outputs in several passes of the framework, ours in one"},
    };
    for (const Row& row : rows) {
        const double share = shareOfIdeal(row.mode, machine, row.backward);
        RecordProperty(std::string(row.mode) + (row.backward ? " both" : " forward"),
                       std::to_string(share));
        EXPECT_NEAR(share, row.share, row.tolerance)
            << row.mode << (row.backward ? " forward and backward " : " forward ") << row.misses;
    }
}

// prime-rl issue 2418: GLM-4.5-Air, FlashAttention 3, 64K tokens on 8 H200, keys gathered as llama3
// does it against Ulysses. Its tokens a second are of packed documents; the ratio is compared.
TEST(Published, UlyssesAgainstGatheredKeysOnEightH200) {
    RunConfig config = llama8b();
    config.model.layers = 46;
    config.model.heads = 96;
    config.model.headSize = 128;
    config.model.ffnSize = 10944;
    config.model.vocabSize = 151552;
    config.model.experts = {.count = 128, .perToken = 8, .size = 1408, .sharedSize = 1408};
    config.model.layerPattern = {"dense", "experts*45"};
    const Machine machine = findMachine("h200-8x").value();
    const auto nanos = [&](const std::string& mode, std::int64_t groups) {
        RunConfig split = config;
        split.parallel.dp = groups;
        return static_cast<double>(
            predictTimes(plannedOn(split, machine, mode, 8), machine).value().stepNanos);
    };
    struct Row {
        std::int64_t sharing;
        double ulysses;  // thousands of tokens a second, published
        double gathered;
    };
    for (const Row& row : {Row{2, 77, 60}, Row{4, 85, 57}}) {
        const double ratio = nanos("llama3", 8 / row.sharing) / nanos("ulysses", 8 / row.sharing);
        RecordProperty("shared by " + std::to_string(row.sharing), std::to_string(ratio));
        EXPECT_NEAR(ratio / (row.ulysses / row.gathered), 1, 0.15) << row.sharing << " ranks";
    }
}

}  // namespace
}  // namespace ringscope::test
