#include "backend/memory/memory_plan.h"

#include "backend/memory/offload.h"
#include "backend/memory/repeated_work.h"
#include "backend/memory/step_program.h"
#include "backend/memory/waterfall.h"
#include "backend/plan/placement.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <tuple>
#include <utility>

namespace ringscope {
namespace {

// sequence-parallel.md 2.10, from arXiv 2506.13996 and the issues named there.
constexpr std::array estimates = {
    BesideTensors{"CUDA context", std::int64_t{1} << 30, "ALST, arXiv 2506.13996: about 1 GiB"},
    BesideTensors{"NCCL", std::int64_t{2} << 30, "ALST, arXiv 2506.13996: several GiB"},
};

// Ranks of which one holds the most: all of a few, else those that send most or have most buffers.
std::set<int> ranksInQuestion(const RunPlan& plan) {
    constexpr int few = 8;
    const int sharing = plan.ranks / plan.replicas;
    std::set<int> ranks;
    if (sharing <= few)
        for (int rank = 0; rank < sharing; ++rank) ranks.insert(rank);
    else
        for (const AttentionPart& part : plan.parts)
            for (const int rank : ranksToMeasure(part.schedule)) ranks.insert(rank);
    return ranks;
}

// A lever, in the order in which the waterfall takes them: it makes a naive `config` more like the
// one that is wanted. Returns the row's words; empty: it is not wanted, or has nothing left to do.
struct Lever {
    std::string (*take)(const RunConfig& wanted, RunConfig& config);
};

std::string takeZero(const RunConfig& wanted, RunConfig& config) {
    if (config.memory.zero == wanted.memory.zero) return {};
    return fmt::format("memory.zero {}", ++config.memory.zero);
}
std::string takeOptimizer(const RunConfig& wanted, RunConfig& config) {
    if (config.train.optimizer == wanted.train.optimizer) return {};
    config.train.optimizer = wanted.train.optimizer;
    return fmt::format("train.optimizer {}", nameOf(wanted.train.optimizer));
}
std::string takeTiledLoss(const RunConfig& wanted, RunConfig& config) {
    if (!wanted.memory.tileLoss) return {};
    config.memory.tileLoss = wanted.memory.tileLoss;
    return fmt::format("memory.tile_loss {}", *wanted.memory.tileLoss);
}
std::string takeTiledMlp(const RunConfig& wanted, RunConfig& config) {
    if (!wanted.memory.tileMlp) return {};
    config.memory.tileMlp = wanted.memory.tileMlp;
    return fmt::format("memory.tile_mlp {}", *wanted.memory.tileMlp);
}
std::string takeRecompute(const RunConfig& wanted, RunConfig& config) {
    const MemoryConfig& memory = wanted.memory;
    if (memory.recompute == Recompute::None) return {};
    config.memory.recompute = memory.recompute;
    config.memory.recomputeEvery = memory.recomputeEvery;
    const bool grouped = memory.recompute == Recompute::Layers && memory.recomputeEvery > 1;
    return fmt::format("memory.recompute {}{}", nameOf(memory.recompute),
                       grouped ? fmt::format(" every {}", memory.recomputeEvery) : "");
}
std::string takeOffload(const RunConfig& wanted, RunConfig& config) {
    if (wanted.memory.offloadActivations == OffloadPlace::None) return {};
    config.memory.offloadActivations = wanted.memory.offloadActivations;
    return fmt::format("memory.offload_activations {}", nameOf(wanted.memory.offloadActivations));
}
std::string takeOffloadedOptimizer(const RunConfig& wanted, RunConfig& config) {
    if (wanted.memory.offloadOptimizer == OffloadPlace::None) return {};
    config.memory.offloadOptimizer = wanted.memory.offloadOptimizer;
    return fmt::format("memory.offload_optimizer {}", nameOf(wanted.memory.offloadOptimizer));
}
std::string takeOffloadedParameters(const RunConfig& wanted, RunConfig& config) {
    if (wanted.memory.offloadParameters == OffloadPlace::None) return {};
    config.memory.offloadParameters = wanted.memory.offloadParameters;
    return fmt::format("memory.offload_parameters {}", nameOf(wanted.memory.offloadParameters));
}
constexpr std::array levers = {Lever{takeZero},
                               Lever{takeZero},
                               Lever{takeZero},
                               Lever{takeOptimizer},
                               Lever{takeTiledLoss},
                               Lever{takeTiledMlp},
                               Lever{takeRecompute},
                               Lever{takeOffload},
                               Lever{takeOffloadedOptimizer},
                               Lever{takeOffloadedParameters}};

// What a step costs that a lever may change.
LeverPrice costOf(const RunPlan& plan) {
    std::int64_t disk = 0;
    for (const int rank : ranksInQuestion(plan))
        disk = std::max(disk, offloadBytesPerStep(plan, rank));
    return {plan.attentionBytesPerStep + plan.gradientBytesPerStep + plan.expertBytesPerStep, disk,
            repeatedFlops(plan)};
}

// Of the files of one rank, and of all ranks of a host, where most is needed.
Result<std::pair<std::int64_t, std::int64_t>> diskBytesOf(const RunPlan& plan) {
    const MemoryConfig& memory = plan.config.memory;
    const std::array places = {memory.offloadActivations, memory.offloadOptimizer,
                               memory.offloadParameters};
    if (std::ranges::count(places, OffloadPlace::None) == std::ssize(places))
        return std::pair<std::int64_t, std::int64_t>{};
    RINGSCOPE_TRY(const std::vector<HostSpec> hosts, launchHosts(plan.config.launch));
    RINGSCOPE_TRY(const auto placed, placeRanks(plan.ranks, hosts));
    std::int64_t ofRank = 0;
    std::int64_t ofHost = 0;
    for (const std::vector<int>& ranks : placed) {
        std::int64_t sum = 0;
        for (const int rank : ranks) {
            const std::int64_t bytes = offloadFileBytes(plan, rank);
            ofRank = std::max(ofRank, bytes);
            sum += bytes;
        }
        ofHost = std::max(ofHost, sum);
    }
    return std::pair{ofRank, ofHost};
}

// A run of the waterfall, and the lever that led to it.
struct Stage {
    RunConfig config{};
    std::string lever{};
};

// From the naive run to the one that is wanted.
std::vector<Stage> stagesTo(const RunConfig& wanted) {
    RunConfig config = wanted;
    config.train.optimizer = OptimizerKind::AdamW;
    config.memory = {};
    config.memory.zero = 0;
    config.memory.budget = wanted.memory.budget;
    std::vector<Stage> stages = {{config, "naive"}};
    for (const Lever& lever : levers) {
        std::string words = lever.take(wanted, config);
        if (!words.empty()) stages.push_back({config, std::move(words)});
    }
    return stages;
}

}  // namespace

std::span<const BesideTensors> gpuEstimates() { return estimates; }

PredictedPeak predictedPeakOf(const RunPlan& plan, int rank, const MachineTraits& machine) {
    const ProgramPeak peak = stepPeak(plan, rank, machine);
    return {.rank = rank, .held = peak.held, .layer = peak.layer, .pass = peak.pass};
}

PredictedPeak predictedPeak(const RunPlan& plan, const MachineTraits& machine) {
    PredictedPeak most;
    for (const int rank : ranksInQuestion(plan)) {
        const PredictedPeak peak = predictedPeakOf(plan, rank, machine);
        if (peak.bytes() > most.bytes()) most = peak;
    }
    return most;
}

Result<MemoryPlan> planWithoutWaterfall(const RunPlan& plan, const MachineTraits& machine) {
    MemoryPlan memory{.peak = predictedPeak(plan, machine)};
    RINGSCOPE_TRY(std::tie(memory.diskBytes, memory.hostDiskBytes), diskBytesOf(plan));
    const MemoryConfig& wanted = plan.config.memory;
    if (wanted.budget) memory.fits = memory.peak.bytes() <= wanted.budget->count;
    if (plan.config.launch.device == DeviceChoice::Cuda)
        memory.besideTensors.assign(estimates.begin(), estimates.end());
    return memory;
}

Result<std::vector<WaterfallRow>> planWaterfall(const RunPlan& plan, const PredictedPeak& peak,
                                                const MachineTraits& machine) {
    std::vector<Stage> stages = stagesTo(plan.config);
    std::vector<WaterfallRow> rows;
    LeverPrice last;
    const auto add = [&](std::string lever, std::int64_t peakBytes, const LeverPrice& cost) {
        WaterfallRow& row = rows.emplace_back(WaterfallRow{std::move(lever), peakBytes});
        if (rows.size() > 1)
            row.price = {cost.messageBytes - last.messageBytes, cost.diskBytes - last.diskBytes,
                         cost.flops - last.flops};
        last = cost;
    };
    Stage wanted = std::move(stages.back());
    stages.pop_back();
    for (Stage& stage : stages) {
        RINGSCOPE_TRY(const RunPlan planned, planRun(stage.config));
        add(std::move(stage.lever), predictedPeak(planned, machine).bytes(), costOf(planned));
    }
    add(std::move(wanted.lever), peak.bytes(), costOf(plan));
    return rows;
}

Result<MemoryPlan> planMemory(const RunPlan& plan, const MachineTraits& machine) {
    RINGSCOPE_TRY(MemoryPlan memory, planWithoutWaterfall(plan, machine));
    RINGSCOPE_TRY(memory.waterfall, planWaterfall(plan, memory.peak, machine));
    return memory;
}

}  // namespace ringscope
