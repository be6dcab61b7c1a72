// What a frame of the timeline costs: a real widget of 1600 x 900 painted offscreen into an image.
//
//     QT_QPA_PLATFORM=offscreen build/bin/timeline_bench
//
//   frame/1000000/1/1     a million spans on 8 ranks, all of them in sight
//   frame/4000000/1/100   four million, a hundredth in sight
//   memory/1000000/1      the same with a memory lane a rank: a million allocations, all in sight
//   largest               what stood at a moment, as the mouse moves
//   select                the totals of a selection, as the mouse moves
//   open                  matching, analysis and lanes, once when a trace is opened
//
// CPU time on one of two cores that were busy with other work: a million spans, all in sight 10 ms,
// a tenth 10 ms, a hundredth 5 ms; four million 17, 9 and 10 ms; a selection 4 us; open 0.5 s.
// With memory, where a frame of a million spans took 15 ms because a score of others wanted the two
// cores: a million allocations, all in sight 28 ms, a tenth 24 ms, a thousandth 4 ms; what stood at
// a moment 13 us.
#include "tests/ui/timeline/made_trace.h"
#include "ui/look/theme.h"
#include "ui/timeline/timeline_view.h"

#include <benchmark/benchmark.h>
#include <QApplication>
#include <QImage>
#include <map>
#include <memory>

namespace ringscope::ui {
namespace {

constexpr int ranks = 8;

std::shared_ptr<const OpenedTrace> traceOf(std::int64_t spans) {
    static std::map<std::int64_t, std::shared_ptr<const OpenedTrace>> made;
    std::shared_ptr<const OpenedTrace>& trace = made[spans];
    if (!trace) trace = openTrace(mergeRanks(test::busyRanks(ranks, spans)));
    return trace;
}

std::shared_ptr<const OpenedTrace> memoryOf(std::int64_t allocations) {
    static std::map<std::int64_t, std::shared_ptr<const OpenedTrace>> made;
    std::shared_ptr<const OpenedTrace>& trace = made[allocations];
    if (!trace) {
        std::vector<RankTrace> traces = test::busyRanks(ranks, ranks * 1'000);
        for (RankTrace& rank : traces) test::addAllocations(rank, allocations / ranks);
        trace = openTrace(mergeRanks(std::move(traces)));
    }
    return trace;
}

void frameOf(benchmark::State& state, const std::shared_ptr<const OpenedTrace>& trace,
             std::int64_t parts) {
    TimelineView view;
    view.resize(1600, 900);
    view.setTrace(trace);
    view.show();
    const std::int64_t middle = (trace->trace.begin + trace->trace.end) / 2;
    const std::int64_t half = (trace->trace.end - trace->trace.begin) / parts / 2;
    view.zoomTo({middle - half, middle + half});
    QImage image(view.viewport()->size(), QImage::Format_RGB32);
    for (auto unused : state) {
        view.viewport()->render(&image);
        benchmark::DoNotOptimize(image.constBits());
    }
}

// Arguments: spans, and into how many parts the trace is cut to see one of them.
void frame(benchmark::State& state) {
    const auto trace = traceOf(state.range(0));
    frameOf(state, trace, state.range(1));
    state.counters["spans"] = static_cast<double>(trace->trace.spans());
}
BENCHMARK(frame)
    ->ArgsProduct({{1'000'000, 4'000'000}, {1, 10, 100, 1'000, 10'000}})
    ->Unit(benchmark::kMillisecond);

// Arguments: allocations, and into how many parts the trace is cut to see one of them.
void memory(benchmark::State& state) { frameOf(state, memoryOf(state.range(0)), state.range(1)); }
BENCHMARK(memory)->ArgsProduct({{1'000'000}, {1, 10, 1'000}})->Unit(benchmark::kMillisecond);

void largest(benchmark::State& state) {
    const auto trace = memoryOf(state.range(0));
    const MemoryTrack& track = trace->rows[0].memory;
    std::int64_t at = trace->trace.begin;
    for (auto unused : state) {
        at += 12'345;
        if (at > trace->trace.end) at = trace->trace.begin;
        benchmark::DoNotOptimize(track.largestAt(at, 5));
    }
}
BENCHMARK(largest)->Arg(1'000'000)->Unit(benchmark::kMicrosecond);

void select(benchmark::State& state) {
    const auto trace = traceOf(state.range(0));
    std::int64_t to = trace->trace.begin;
    for (auto unused : state) {
        to += 12'345;
        if (to > trace->trace.end) to = trace->trace.begin;
        benchmark::DoNotOptimize(trace->windows.figures({trace->trace.begin + 777, to}));
    }
}
BENCHMARK(select)->Arg(1'000'000)->Arg(4'000'000)->Unit(benchmark::kMicrosecond);

void open(benchmark::State& state) {
    for (auto unused : state) {
        state.PauseTiming();
        Trace trace = mergeRanks(test::busyRanks(ranks, state.range(0)));
        state.ResumeTiming();
        benchmark::DoNotOptimize(openTrace(std::move(trace)));
    }
}
BENCHMARK(open)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->Iterations(2);

}  // namespace
}  // namespace ringscope::ui

int main(int argc, char** argv) {
    if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication application(argc, argv);
    const ringscope::ui::ThemeController theme;
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
