#include "tests/kernels/memory/measured_memory.h"

#include "backend/core/mix.h"
#include "backend/trace/memory_names.h"
#include "kernels/rank/counting_allocator.h"
#include "kernels/train/trainer.h"
#include "profiler/tick_clock.h"

#include <algorithm>
#include <memory>

namespace ringscope::test {
namespace {

TokenBatch madeUp(const TrainConfig& train, std::int64_t words, std::int64_t number) {
    TokenBatch batch{.rows = train.batch, .tokens = train.seqLen};
    const auto some = static_cast<std::uint64_t>(words);
    for (std::int64_t i = 0; i < batch.rows * batch.tokens; ++i) {
        const std::uint64_t word = mixBits(static_cast<std::uint64_t>(i + 977 * number));
        batch.inputs.push_back(static_cast<std::int64_t>(word % some));
        batch.labels.push_back(static_cast<std::int64_t>(word / some % some));
    }
    return batch;
}

// A backward pass begins at the first allocation of it.
std::vector<std::int64_t> backwardBegins(std::vector<Allocation> allocations, std::int64_t step) {
    std::ranges::sort(allocations, {}, &Allocation::begin);
    std::vector<std::int64_t> begins;
    SpanPass before = SpanPass::None;
    for (const Allocation& one : allocations) {
        if (one.step != step || one.pass == SpanPass::None) continue;
        const bool back = one.pass == SpanPass::Backward;
        if (back && before == SpanPass::Forward) begins.push_back(one.begin);
        if (back || one.pass == SpanPass::Forward) before = one.pass;
    }
    return begins;
}

}  // namespace

Result<RankTrace> measuredMemory(const RunPlan& plan, Group& group) {
    countCpuTensors();
    const TrainConfig& train = plan.config.train;
    RINGSCOPE_TRY(const std::unique_ptr<Trainer> trainer,
                  Trainer::make(plan, group, [&](std::int64_t step, std::int64_t number) {
                      return madeUp(train, plan.config.model.vocabSize, 8 * step + number);
                  }));
    RINGSCOPE_CHECK(trainer->step(0));
    cpuTensorLog().start();
    const std::int64_t begin = monotonicNow();
    const Result<StepOutcome> outcome = trainer->step(1);
    const std::int64_t end = monotonicNow();
    RankTrace trace;
    trace.allocations = cpuTensorLog().stop().allocations;
    RINGSCOPE_CHECK(outcome);
    trace.spans.emplace_back(begin, end, SpanTag{.kind = SpanKind::Step, .step = 1});
    for (const std::int64_t at : backwardBegins(trace.allocations, 1))
        trace.spans.emplace_back(
            at, end, SpanTag{.kind = SpanKind::Compute, .operation = Operation::Backward});
    nameAllocations(trace);
    return trace;
}

}  // namespace ringscope::test
