// What large traces cost. Inputs are made in a temporary folder (up to 0.9 GB) and removed.
//
//   importAndAnalyze   8 ranks of Kineto JSON, 1.73 million events: read, merged, analyzed
//   overlapSweep       union and overlap of a million intervals
//   writeSpans         4 million spans into a file, checksums included
//   readSpans          a trace of ours of 16 million spans: read whole, checksums tested
//
// "Time" is the wall's, "CPU" that of all threads together: on a busy machine look at that one.
#include "backend/analysis/intervals.h"
#include "backend/analysis/trace_analysis.h"
#include "backend/trace/chrome/import.h"
#include "backend/trace/file/trace_reader.h"
#include "backend/trace/file/trace_writer.h"
#include "backend/trace/trace_files.h"
#include "tests/bench/made_kineto.h"

#include <benchmark/benchmark.h>
#include <unistd.h>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

namespace ringscope {
namespace {

class Folder {
public:
    Folder()
        : path_(std::filesystem::temp_directory_path() /
                ("ringscope-trace-bench-" + std::to_string(::getpid()))) {
        std::filesystem::create_directories(path_);
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

// The most memory this process has held, in MB.
double peakMemory() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) * 1024 / 1e6;
    return 0;
}

void importAndAnalyze(benchmark::State& state) {
    constexpr int ranks = 8;
    const Folder folder;
    double bytes = 0;
    for (int r = 0; r < ranks; ++r) {
        const auto file = folder.path() / ("rank-" + std::to_string(r) + ".json");
        bench::writeKineto(file, r, ranks, state.range(0) / ranks);
        bytes += static_cast<double>(std::filesystem::file_size(file));
    }
    for (auto unused : state) {
        const Trace trace = importTrace(folder.path()).value();
        const TraceAnalysis analysis = analyzeAll(trace);
        if (!analysis.violations.empty()) state.SkipWithError("an invariant does not hold");
        benchmark::DoNotOptimize(analysis);
    }
    state.counters["json_MB"] = bytes / 1e6;
    state.counters["peak_MB"] = peakMemory();
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(importAndAnalyze)
    ->Arg(1'730'000)
    ->Iterations(1)
    ->MeasureProcessCPUTime()
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

void overlapSweep(benchmark::State& state) {
    std::mt19937 random(3);
    const auto made = [&] {
        std::vector<Interval> intervals;
        std::int64_t now = 0;
        for (std::int64_t i = 0; i < state.range(0) / 2; ++i) {
            now += static_cast<std::int64_t>(random() % 2'000);
            intervals.push_back({now, now + static_cast<std::int64_t>(random() % 3'000)});
        }
        return intervals;
    };
    const std::vector<Interval> a = made();
    const std::vector<Interval> b = made();
    for (auto unused : state)
        benchmark::DoNotOptimize(lengthOf(intersectionOf(unionOf(a), unionOf(b))));
}
BENCHMARK(overlapSweep)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void readSpans(benchmark::State& state) {
    const Folder folder;
    const auto file = folder.path() / traceFileName(0);
    constexpr std::int64_t inChunk = 32'768;
    constexpr std::int64_t every = 1'000;
    {
        const auto writer = TraceWriter::create(file, {}).value();
        std::vector<Span> chunk;
        for (std::int64_t i = 0; i < state.range(0); ++i) {
            chunk.emplace_back(i * every, i * every + 900, SpanTag{.kind = SpanKind::Compute});
            if (std::ssize(chunk) == inChunk || i + 1 == state.range(0)) {
                if (!writer->append(chunk).ok()) return state.SkipWithError("cannot write");
                chunk.clear();
            }
        }
        if (!writer->close().ok()) return state.SkipWithError("cannot write");
    }
    for (auto unused : state) benchmark::DoNotOptimize(readTraceFile(file).value().spans.size());
    state.SetItemsProcessed(state.iterations() * state.range(0));
}

// What the writer thread of a rank does with what its threads recorded.
void writeSpans(benchmark::State& state) {
    const Folder folder;
    const std::vector<Span> chunk(32'768, Span(5, 900, {.kind = SpanKind::Compute}));
    const auto file = folder.path() / traceFileName(0);
    for (auto unused : state) {
        std::filesystem::remove(file);
        const auto writer = TraceWriter::create(file, {}).value();
        for (std::int64_t i = 0; i < state.range(0); i += std::ssize(chunk))
            if (!writer->append(chunk).ok()) return state.SkipWithError("cannot write");
        if (!writer->close().ok()) return state.SkipWithError("cannot write");
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(writeSpans)->Arg(1 << 22)->Unit(benchmark::kMillisecond);

BENCHMARK(readSpans)->Arg(16'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ringscope

BENCHMARK_MAIN();
