// How much of the disk's time hides behind computation (memory.offload_*): the same bytes are moved
// by themselves, and while one rank trains. What a rank waited is in its trace (Offload, Reload).
//
//     build/bin/offload_bench [FOLDER]
//
// "could be" is what a perfect overlap would hide: all, where there is as much work as there is to
// move.
#include "backend/memory/offload.h"
#include "backend/plan/memory_zero.h"
#include "backend/trace/file/trace_reader.h"
#include "kernels/comm/rendezvous.h"
#include "kernels/device/async_file.h"
#include "kernels/train/aligned_buffer.h"
#include "kernels/train/record_file.h"
#include "kernels/train/trainer.h"
#include "profiler/span_recorder.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace ringscope {
namespace {

constexpr std::int64_t steps = 4;  // the first one warms up

double secondsOf(const std::function<void()>& what) {
    const auto start = std::chrono::steady_clock::now();
    what();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

TokenBatch numbered(const TrainConfig& train, std::int64_t words) {
    TokenBatch batch{.rows = train.batch, .tokens = train.seqLen};
    for (std::int64_t i = 0; i < batch.rows * batch.tokens; ++i) {
        batch.inputs.push_back(i * 7 % words);
        batch.labels.push_back(i * 11 % words);
    }
    return batch;
}

// Seconds of a step.
struct Waits {
    double waited = 0;
    double work = 0;  // of the spans that it can hide behind, without what was waited
};

Waits waitsIn(const RankTrace& trace, const std::vector<Operation>& work) {
    Waits waits;
    for (const Span& span : trace.spans) {
        const double seconds =
            1e-9 * static_cast<double>(span.duration()) / static_cast<double>(steps - 1);
        const bool isWait =
            span.operation() == Operation::Offload || span.operation() == Operation::Reload;
        if (isWait) waits.waited += seconds;
        if (std::ranges::find(work, span.operation()) != work.end()) waits.work += seconds;
    }
    waits.work -= waits.waited;
    return waits;
}

Waits waitsOf(const RunPlan& plan, const std::filesystem::path& folder,
              const std::vector<Operation>& work) {
    const auto rendezvous = hostRendezvous("127.0.0.1", "secret").value();
    const auto group = makeGroup(*rendezvous, {.rank = 0, .size = 1}).value();
    const TrainConfig& train = plan.config.train;
    const auto trainer = Trainer::make(plan, *group, [&](std::int64_t, std::int64_t) {
                             return numbered(train, plan.config.model.vocabSize);
                         }).value();
    trainer->step(0).value();
    const std::filesystem::path file = folder / "offload-bench.trace";
    {
        const auto recorder = SpanRecorder::start(file, {}).value();
        recorder->resume();
        for (std::int64_t step = 1; step < steps; ++step) trainer->step(step).value();
        if (const Result<void> done = recorder->finish(); !done.ok())
            throw std::runtime_error(done.error().message);
    }
    const RankTrace trace = readTraceFile(file).value();
    std::filesystem::remove(file);
    return waitsIn(trace, work);
}

void tell(const std::string& what, std::int64_t bytes, double transfer, const Waits& waits) {
    const double could = std::min(1.0, waits.work / transfer);
    std::printf(
        "%-26s %7.1f MB a step, %6.0f MB/s: moved alone %7.1f ms, waited %7.1f ms, "
        "work %7.1f ms: hidden %3.0f %%, could be %3.0f %%\n",
        what.c_str(), 1e-6 * static_cast<double>(bytes),
        1e-6 * static_cast<double>(bytes) / transfer, 1e3 * transfer, 1e3 * waits.waited,
        1e3 * waits.work, 100 * (1 - waits.waited / transfer), 100 * could);
}

RunConfig oneRank(const std::filesystem::path& folder) {
    RunConfig config;
    config.parallel.mode = "none";
    config.parallel.sp = 1;
    config.train.steps = steps;
    config.memory.offloadFolder = folder.string();
    return config;
}

// As ActivationFiles moves them: written in order, read in reverse, two at a time.
double activationTransfer(const RunPlan& plan, const std::filesystem::path& folder) {
    const std::int64_t space = spaceOf(layerInputBytes(plan));
    const std::int64_t count = keptLayerInputs(plan);
    const auto file = AsyncFile::make(folder, space * count, {"offload_bench", "zeros"}).value();
    std::array<AlignedBuffer, 2> buffers{alignedBuffer(space), alignedBuffer(space)};
    for (AlignedBuffer& buffer : buffers) buffer.bytes.zero_();
    const auto move = [&](std::int64_t number, bool reads) {
        const auto lane = static_cast<int>(number % 2);
        if (!file->wait(lane).ok()) throw std::runtime_error("the disk fails");
        void* const memory = buffers.at(static_cast<std::size_t>(lane)).bytes.data_ptr();
        if (reads)
            file->read(lane, memory, static_cast<std::size_t>(space), number * space);
        else
            file->write(lane, memory, static_cast<std::size_t>(space), number * space);
    };
    const auto batch = [&] {
        for (std::int64_t number = 0; number < count; ++number) move(number, /*reads=*/false);
        // The last two are still in memory.
        for (std::int64_t number = count - 3; number >= 0; --number) move(number, /*reads=*/true);
        if (!file->wait(0).ok() || !file->wait(1).ok()) throw std::runtime_error("the disk fails");
    };
    batch();
    return secondsOf([&] {
               for (std::int64_t step = 1; step < steps; ++step) batch();
           }) /
           (steps - 1);
}

void activations(const std::filesystem::path& folder, std::int64_t tokens) {
    RunConfig config = oneRank(folder);
    config.model = {
        .layers = 8, .hiddenSize = 256, .heads = 8, .kvHeads = 4, .ffnSize = 688, .vocabSize = 256};
    config.train.seqLen = tokens;
    config.memory.recompute = Recompute::Layers;
    config.memory.offloadActivations = OffloadPlace::Disk;
    const RunPlan plan = planRun(config).value();
    const double before = activationTransfer(plan, folder);
    const Waits waits = waitsOf(plan, folder, {Operation::Forward, Operation::Backward});
    const double after = activationTransfer(plan, folder);
    const std::int64_t moved = 2 * keptLayerInputs(plan) - 2;
    tell("activations, " + std::to_string(tokens) + " tokens",
         moved * spaceOf(layerInputBytes(plan)), (before + after) / 2, waits);
}

double optimizerTransfer(const RunPlan& plan, const std::filesystem::path& folder) {
    const auto file = RecordFile::make(folder, {"offload_bench", "zeros"},
                                       optimizerRecords(plan, 0), MemoryCategory::Optimizer)
                          .value();
    for (std::size_t i = 0; i < file->size(); ++i) {
        file->create(i);
        file->store(i);
    }
    const auto step = [&] {
        for (std::size_t i = 0; i < file->size(); ++i) {
            file->open(i);
            if (i + 1 < file->size()) file->fetch(i + 1);
            file->store(i);
        }
        file->settle();
    };
    step();
    return secondsOf([&] {
               for (std::int64_t i = 1; i < steps; ++i) step();
           }) /
           (steps - 1);
}

void optimizer(const std::filesystem::path& folder, OptimizerKind kind, NumberFormat precision) {
    RunConfig config = oneRank(folder);
    config.model = {.layers = 8,
                    .hiddenSize = 512,
                    .heads = 8,
                    .kvHeads = 8,
                    .ffnSize = 1376,
                    .vocabSize = 8192};
    config.train.seqLen = 64;
    config.train.optimizer = kind;
    config.train.precision = precision;
    config.memory.offloadOptimizer = OffloadPlace::Disk;
    const RunPlan plan = planRun(config).value();
    const double before = optimizerTransfer(plan, folder);
    const Waits waits = waitsOf(plan, folder, {Operation::Optimizer});
    const double after = optimizerTransfer(plan, folder);
    tell("optimizer, " + std::string(nameOf(kind)) + " " + std::string(nameOf(precision)),
         offloadBytesPerStep(plan, 0), (before + after) / 2, waits);
}

int bench(const std::filesystem::path& folder) {
    at::set_num_threads(1);
    activations(folder, 1024);
    activations(folder, 4096);
    optimizer(folder, OptimizerKind::AdamW, NumberFormat::Fp32);
    optimizer(folder, OptimizerKind::AdamW, NumberFormat::Bf16);
    optimizer(folder, OptimizerKind::AdamW8bit, NumberFormat::Fp32);
    return 0;
}

}  // namespace
}  // namespace ringscope

int main(int argc, char** argv) {
    return ringscope::bench(argc > 1 ? argv[1] : std::filesystem::temp_directory_path());
}
