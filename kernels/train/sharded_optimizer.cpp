#include "kernels/train/sharded_optimizer.h"

#include "backend/plan/optimizer_state.h"
#include "profiler/memory_scope.h"
#include "profiler/span_recorder.h"
#include "profiler/trace_place.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <vector>

namespace ringscope {
namespace {

// The elements of a slice [begin, begin + count) of the flat parameters that are trained, counted
// from its begin. The padding after the last parameter is none.
std::vector<ElementRange> trainedRanges(const std::vector<ParameterSpec>& list, bool eightBit,
                                        std::int64_t begin, std::int64_t count) {
    std::vector<ElementRange> ranges;
    for (const ParameterSpec& spec : list) {
        const std::int64_t first = std::max(begin, spec.offset);
        const std::int64_t end = std::min(begin + count, spec.offset + spec.elements());
        if (!spec.trained || first >= end) continue;
        const ElementRange range{.begin = first - begin,
                                 .count = end - first,
                                 .eightBit = eightBit && canHave8BitState(spec),
                                 .skipped = first - spec.offset};
        const bool follows = !ranges.empty() && !range.eightBit && !ranges.back().eightBit &&
                             ranges.back().begin + ranges.back().count == range.begin;
        if (follows)
            ranges.back().count += range.count;
        else
            ranges.push_back(range);
    }
    return ranges;
}

}  // namespace

ShardedOptimizer::ShardedOptimizer(Parameters& parameters, const BufferPart& part, Group& group,
                                   const AdamWOptions& options)
    : parameters_(parameters),
      part_(part),
      group_(group),
      slice_(part.count / group.size()),
      exact_(allocatedFor(MemoryCategory::Optimizer,
                          [&] { return parameters.exactValues(sliceBegin(), slice_); })),
      adam_(slice_, options, exact_.options(),
            trainedRanges(parameters.list(), options.eightBit, sliceBegin(), slice_)) {
    if (group.size() == 1) {
        gradient_ = parameters.gradients().narrow(0, part_.begin, part_.count);
        return;
    }
    const MemoryScope scope(MemoryCategory::Communication);
    gradient_ = at::empty({slice_}, exact_.options());
    outgoing_ = parameters.areExact() ? gradient_  // never in use at the same time
                                      : at::empty({slice_}, parameters.values().options());
}

at::Tensor ShardedOptimizer::ownValues() const {
    return parameters_.values().narrow(0, sliceBegin(), slice_);
}

const at::Tensor& ShardedOptimizer::reduceGradients() {
    if (group_.size() > 1) {
        const PurposeScope purpose(group_, Purpose::Gradient);
        const at::Tensor all = parameters_.gradients().narrow(0, part_.begin, part_.count);
        group_.reduceScatterSum(gradient_, all)->wait();
    }
    return gradient_;
}

void ShardedOptimizer::step(double factor) {
    const ScopedSpan span(tagHere(SpanKind::Compute, Operation::Optimizer));
    adam_.step(exact_, gradient_, factor);
    if (!parameters_.areExact()) ownValues().copy_(exact_);
}

void ShardedOptimizer::add(const ParameterSpec& parameter, const at::Tensor& change) {
    const std::int64_t begin = sliceBegin();
    const std::int64_t first = std::max(begin, parameter.offset);
    const std::int64_t end = std::min(begin + slice_, parameter.offset + parameter.elements());
    if (first >= end) return;
    at::Tensor own = exact_.narrow(0, first - begin, end - first);
    own.add_(change.flatten().narrow(0, first - parameter.offset, end - first));
    if (!parameters_.areExact()) ownValues().copy_(exact_);
}

void ShardedOptimizer::shareValues() {
    if (group_.size() == 1) return;
    const PurposeScope purpose(group_, Purpose::Gradient);
    outgoing_.copy_(ownValues());
    at::Tensor all = parameters_.values().narrow(0, part_.begin, part_.count);
    group_.allGather(all, outgoing_)->wait();
}

}  // namespace ringscope
