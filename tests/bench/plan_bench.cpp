// What planning costs on a thousand ranks: a plan, one rank's steps, a plan's hash, and choosing a
// mode (parallel.mode auto) on 64, 1,024 and 4,096. Nothing of it may grow with the square of the
// ranks but where a window leaves each rank other transfers.
#include "backend/config/mode_names.h"
#include "backend/plan/mode_table.h"
#include "backend/plan/plan_hash.h"
#include "backend/plan/planned_ranks.h"
#include "backend/plan/run_plan.h"

#include <benchmark/benchmark.h>

#include <utility>

namespace ringscope {
namespace {

constexpr int ranks = 1024;

RunConfig configFor(const std::string& mode) {
    RunConfig config;
    config.model.heads = config.model.kvHeads = ranks;
    config.model.hiddenSize = std::int64_t{64} * ranks;
    config.train.seqLen = std::int64_t{64} * ranks;
    config.parallel.mode = mode;
    config.parallel.sp = ranks;
    config.parallel.commBufferLimit = {1LL << 40};
    return config;
}

void expectPlan(benchmark::State& state, const RunConfig& config) {
    for (auto unused : state) {
        const Result<RunPlan> plan = planRun(config);
        if (!plan.ok()) return state.SkipWithError(plan.error().message.c_str());
        benchmark::DoNotOptimize(plan->attentionBytesPerStep);
    }
}

void plan(benchmark::State& state, const std::string& mode) { expectPlan(state, configFor(mode)); }

void windowedPlan(benchmark::State& state, const std::string& mode) {
    RunConfig config = configFor(mode);
    config.attention.window = 100;
    expectPlan(state, config);
}

void stepsOfOneRank(benchmark::State& state, const std::string& mode) {
    const RunPlan plan = planRun(configFor(mode)).value();
    for (auto unused : state)
        benchmark::DoNotOptimize(stepsOf(plan.schedule(), plan.ranks / 2).forward.size());
}

void hash(benchmark::State& state, const std::string& mode) {
    const RunPlan plan = planRun(configFor(mode)).value();
    for (auto unused : state) benchmark::DoNotOptimize(planHash(plan).size());
}

// An 8B model, 256 tokens a rank and more.
void choice(benchmark::State& state, Recompute recompute) {
    RunConfig config;
    config.model.layers = 36;
    config.model.hiddenSize = 4096;
    config.model.heads = 32;
    config.model.kvHeads = 8;
    config.train.seqLen = 1 << 20;
    config.parallel.mode = modenames::automatic;
    config.parallel.sp = state.range(0);
    config.parallel.commBufferLimit = {1LL << 40};
    config.memory.recompute = recompute;
    for (auto unused : state) {
        const Result<RunPlan> plan = planRanks(config, mostPlannedRanks);
        if (!plan.ok()) return state.SkipWithError(plan.error().message.c_str());
        state.SetLabel(plan->config.parallel.mode);
    }
}

void registerAll() {
    for (const auto& [name, recompute] :
         {std::pair{"choice", Recompute::None}, {"choice_recomputing", Recompute::Layers}})
        benchmark::RegisterBenchmark(name, choice, recompute)
            ->Arg(64)
            ->Arg(1024)
            ->Arg(4096)
            ->Unit(benchmark::kMillisecond);
    for (const std::string& mode : modeNames()) {
        const auto with = [&mode](const char* what, auto&& run) {
            benchmark::RegisterBenchmark((std::string(what) + "/" + mode).c_str(), run, mode)
                ->Unit(benchmark::kMicrosecond);
        };
        with("plan", plan);
        with("windowed_plan", windowedPlan);
        with("steps_of_one_rank", stepsOfOneRank);
        with("hash", hash);
    }
}

}  // namespace
}  // namespace ringscope

int main(int argc, char** argv) {
    ringscope::registerAll();
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
