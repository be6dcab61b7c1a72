// What recording costs: one span, recorded, paused, and without a recorder.
#include "profiler/span_recorder.h"

#include <benchmark/benchmark.h>
#include <unistd.h>
#include <filesystem>

namespace ringscope {
namespace {

std::filesystem::path file() {
    return std::filesystem::temp_directory_path() /
           ("ringscope-span-bench-" + std::to_string(::getpid()) + ".trace");
}

void spans(benchmark::State& state) {
    for (auto unused : state) {
        const ScopedSpan span({.kind = SpanKind::Attention, .operation = Operation::Block});
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations());
}

// Spans that a full ring drops cost less or more than those it takes: `measured` has none of them,
// and is what a trace keeps.
void recordedSpan(benchmark::State& state, bool inTicks) {
    std::filesystem::remove(file());
    const auto recorder = SpanRecorder::start(file(), {}, std::size_t{1} << 20, inTicks).value();
    recorder->resume();
    spans(state);
    state.counters["dropped"] = static_cast<double>(recorder->dropped());
    state.counters["measured"] = static_cast<double>(SpanRecorder::measureSpanCost(inTicks));
    std::filesystem::remove(file());
}
void spanInTicks(benchmark::State& state) {
    if (!kernelCountsTicks()) return state.SkipWithError("the kernel keeps its clock otherwise");
    recordedSpan(state, true);
}
void spanInNanoseconds(benchmark::State& state) { recordedSpan(state, false); }
BENCHMARK(spanInTicks);
BENCHMARK(spanInNanoseconds);

void pausedSpan(benchmark::State& state) {
    std::filesystem::remove(file());
    const auto recorder = SpanRecorder::start(file(), {}).value();
    spans(state);
    std::filesystem::remove(file());
}
BENCHMARK(pausedSpan);

void spanWithoutRecorder(benchmark::State& state) { spans(state); }
BENCHMARK(spanWithoutRecorder);

void clockPair(benchmark::State& state) {
    for (auto unused : state) {
        benchmark::DoNotOptimize(monotonicNow());
        benchmark::DoNotOptimize(monotonicNow());
    }
}
BENCHMARK(clockPair);

void tickPair(benchmark::State& state) {
    for (auto unused : state) {
        benchmark::DoNotOptimize(tickStamp());
        benchmark::DoNotOptimize(tickStamp());
    }
}
BENCHMARK(tickPair);

}  // namespace
}  // namespace ringscope

BENCHMARK_MAIN();
