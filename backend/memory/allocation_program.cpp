#include "backend/memory/allocation_program.h"

#include "backend/trace/memory_names.h"

#include <utility>

namespace ringscope {

Held::Block::~Block() {
    // Behind trace() nothing is told any more.
    if (bytes == 0 || index >= program.allocations_.size()) return;
    program.allocations_[index].end = ++program.now_;
    program.held_ -= bytes;
}

Held AllocationProgram::hold(std::int64_t bytes) {
    Held held;
    held.block_ = std::make_shared<const Held::Block>(*this, bytes, allocations_.size());
    if (bytes == 0) return held;
    allocations_.push_back({.begin = ++now_,
                            .bytes = bytes,
                            .layer = static_cast<std::int16_t>(layer_),
                            .pass = pass_,
                            .category = category_});
    held_ += bytes;
    if (held_ > most_) {
        most_ = held_;
        mostAt_ = now_;
    }
    return held;
}

void AllocationProgram::beginStep() {
    stepBegin_ = mostAt_ = ++now_;
    most_ = held_;
}

void AllocationProgram::beginBackward() { backward_.push_back(++now_); }

ProgramPeak AllocationProgram::peak() const {
    ProgramPeak peak;
    for (const Allocation& one : allocations_) {
        if (one.begin > mostAt_) break;
        if (one.end <= mostAt_) continue;
        const MemoryCategory category = namedCategory(one, stepBegin_, backward_);
        peak.held.at(static_cast<std::size_t>(category)) += one.bytes;
        if (one.begin == mostAt_) {
            peak.layer = one.layer;
            peak.pass = one.pass;
        }
    }
    return peak;
}

RankTrace AllocationProgram::trace() && {
    RankTrace trace;
    trace.spans.emplace_back(stepBegin_, now_, SpanTag{.kind = SpanKind::Step});
    for (const std::int64_t begin : backward_)
        trace.spans.emplace_back(
            begin, begin, SpanTag{.kind = SpanKind::Compute, .operation = Operation::Backward});
    trace.allocations = std::move(allocations_);
    nameAllocations(trace);
    return trace;
}

}  // namespace ringscope
