// What planning costs on a thousand ranks: a plan, one rank's steps, a plan's hash, and a check
// whether a shape can be split at all. Nothing of it may grow with the square of the ranks but
// where a window leaves each rank other transfers.
#include "backend/plan/mode_table.h"
#include "backend/plan/plan_hash.h"
#include "backend/plan/run_plan.h"

#include <benchmark/benchmark.h>

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

void registerAll() {
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
