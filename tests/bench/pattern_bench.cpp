// Attention by a pattern against dense attention, forward and backward, of 32Ki tokens on one rank
// and one thread. The patterns let about 5 % of the causal pairs through.
#include "backend/plan/blocks.h"
#include "backend/plan/mode_table.h"
#include "backend/plan/patterns/pattern.h"
#include "kernels/attention/attention.h"
#include "kernels/comm/group.h"
#include "kernels/comm/rendezvous.h"

#include <ATen/Parallel.h>
#include <ATen/ops/randn.h>
#include <benchmark/benchmark.h>

#include <array>
#include <memory>

namespace ringscope {
namespace {

constexpr std::int64_t tokens = 32768;
constexpr std::int64_t heads = 2;
constexpr std::int64_t headDim = 64;

PatternConfig nearBlocks() { return {.kind = PatternKind::BlockSparse, .block = 128, .local = 6}; }
PatternConfig bestBlocks() { return {.kind = PatternKind::BlockSparse, .block = 128, .topK = 7}; }
PatternConfig longNet() {
    return {.kind = PatternKind::Dilated,
            .segments = {1024, 4096, 16384, 32768},
            .rates = {1, 4, 16, 32}};
}

struct Alone {
    std::unique_ptr<RendezvousStore> store = hostRendezvous("127.0.0.1", "pattern-bench").value();
    std::unique_ptr<Group> group = makeGroup(*store, {.address = "127.0.0.1"}).value();
};

void pass(benchmark::State& state, const PatternConfig& config) {
    at::set_num_threads(1);
    AttentionShape shape{.tokens = tokens, .heads = heads, .kvHeads = heads, .headDim = headDim};
    shape.pattern =
        makePattern(config, {.tokens = tokens, .heads = heads, .kvHeads = heads}).value();
    Schedule schedule = findMode("none")->schedule(shape).value();
    if (shape.pattern != nullptr) schedule = masked(std::move(schedule), {}, shape.pattern);
    const Alone alone;
    const auto attention = Attention::make(schedule, 0, *alone.group).value();
    const auto random = [] { return at::randn({1, tokens, heads, headDim}); };
    const at::Tensor q = random(), k = random(), v = random(), dOut = random();
    for (auto unused : state) {
        const AttentionOutput output = attention->forward({}, q, k, v);
        benchmark::DoNotOptimize(attention->backward(output.saved, dOut).q.const_data_ptr());
    }
    const double causal = static_cast<double>(tokens) * (tokens + 1) / 2;
    state.counters["pairs_%"] = 100 * seenPairs(shape.pattern.get(), {}, tokens) / causal;
}

void dense(benchmark::State& state) { pass(state, {}); }
void localBlocks(benchmark::State& state) { pass(state, nearBlocks()); }
void chosenBlocks(benchmark::State& state) { pass(state, bestBlocks()); }
void dilated(benchmark::State& state) { pass(state, longNet()); }
BENCHMARK(dense)->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK(localBlocks)->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK(chosenBlocks)->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK(dilated)->Unit(benchmark::kMillisecond)->Iterations(3);

}  // namespace
}  // namespace ringscope

BENCHMARK_MAIN();
