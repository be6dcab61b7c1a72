// What predictions cost: advice for 64 devices, a step of 1,024 ranks and 80 layers, 10,000 ranks.
// Held to 2 s, 10 s and 1 minute on one core that nothing else uses. And what a run's start waits
// for where this machine is calibrated: held to some tens of milliseconds.
#include "backend/machine/machine_table.h"
#include "backend/plan/planned_ranks.h"
#include "backend/simulate/advice.h"

#include <benchmark/benchmark.h>

namespace ringscope {
namespace {

RunConfig modelOf(std::int64_t layers, std::int64_t width) {
    RunConfig config;
    config.model.layers = layers;
    config.model.hiddenSize = width;
    config.model.heads = width / 128;
    config.model.kvHeads = 8;
    config.model.ffnSize = width * 7 / 2;
    config.model.vocabSize = 128256;
    config.train.precision = NumberFormat::Bf16;
    config.train.seqLen = 65536;
    config.memory.zero = 3;
    config.memory.recompute = Recompute::Layers;
    config.memory.tileLoss = 2048;
    config.parallel.commBufferLimit = {1LL << 34};
    return config;
}

void advice(benchmark::State& state) {
    const Machine machine = findMachine("h100-8x").value();
    for (auto unused : state)
        benchmark::DoNotOptimize(
            adviseOn(modelOf(32, 4096), machine, state.range(0)).value().options.size());
}

void predicted(benchmark::State& state, const std::string& mode, std::int64_t sharing,
               std::int64_t groups, std::int64_t tokens = 4096) {
    const Machine machine = findMachine("h100-8x").value();
    RunConfig config = modelOf(80, 8192);
    config.train.seqLen = tokens * sharing;
    config.parallel.mode = mode;
    config.parallel.dp = groups;
    const RunConfig moved = onMachine(config, machine, sharing * groups).value();
    for (auto unused : state) {
        const RunPlan plan = planRanks(moved, mostPlannedRanks).value();
        benchmark::DoNotOptimize(predictRun(plan, machine).value().stepNanos);
    }
}

// A causal ring: every rank is played.
void beforehand(benchmark::State& state) {
    const Machine machine = findMachine("h100-8x").value();
    RunConfig config;
    config.model.layers = 8;
    config.train.precision = NumberFormat::Bf16;
    config.train.seqLen = 8192;
    config.train.gradAccum = 4;
    config.parallel.mode = "ring";
    config.parallel.sp = state.range(0);
    const RunPlan plan = planRun(config).value();
    for (auto unused : state)
        benchmark::DoNotOptimize(predictTimes(plan, machine).value().stepNanos);
}

BENCHMARK(beforehand)->Arg(2)->Arg(4)->Arg(16)->Unit(benchmark::kMillisecond);
BENCHMARK(advice)->Arg(8)->Arg(64)->Unit(benchmark::kSecond)->Iterations(1);
BENCHMARK_CAPTURE(predicted, zigzag_1024, "zigzag", 1024, 1)
    ->Unit(benchmark::kSecond)
    ->Iterations(1);
// So few tokens that merges are a good part of the work: no rank stands for another.
BENCHMARK_CAPTURE(predicted, zigzag_512_unlike, "zigzag", 512, 1, 1024)
    ->Unit(benchmark::kSecond)
    ->Iterations(1);
BENCHMARK_CAPTURE(predicted, usp_1024, "usp", 1024, 1)->Unit(benchmark::kSecond)->Iterations(1);
BENCHMARK_CAPTURE(predicted, zigzag_8_of_10000, "zigzag", 8, 1250)
    ->Unit(benchmark::kSecond)
    ->Iterations(1);
BENCHMARK_CAPTURE(predicted, usp_64_of_10048, "usp", 64, 157)
    ->Unit(benchmark::kSecond)
    ->Iterations(1);

}  // namespace
}  // namespace ringscope

BENCHMARK_MAIN();
