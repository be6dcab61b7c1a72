#include "kernels/train/sharded_optimizer.h"

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
std::vector<ElementRange> trainedRanges(const std::vector<ParameterSpec>& list, std::int64_t begin,
                                        std::int64_t count) {
    std::vector<ElementRange> ranges;
    for (const ParameterSpec& spec : list) {
        const std::int64_t first = std::max(begin, spec.offset);
        const std::int64_t end = std::min(begin + count, spec.offset + spec.elements());
        if (!spec.trained || first >= end) continue;
        const bool follows =
            !ranges.empty() && begin + ranges.back().begin + ranges.back().count == first;
        if (follows)
            ranges.back().count += end - first;
        else
            ranges.push_back({first - begin, end - first});
    }
    return ranges;
}

}  // namespace

ShardedOptimizer::ShardedOptimizer(Parameters& parameters, Group& group,
                                   const AdamWOptions& options)
    : parameters_(parameters),
      group_(group),
      slice_(parameters.values().numel() / group.size()),
      exact_(allocatedFor(MemoryCategory::Optimizer,
                          [&] { return parameters.exactValues(group.rank() * slice_, slice_); })),
      adam_(slice_, options, exact_.options(),
            trainedRanges(parameters.list(), group.rank() * slice_, slice_)) {
    if (group.size() == 1) {
        gradient_ = parameters.gradients();
        return;
    }
    const MemoryScope scope(MemoryCategory::Communication);
    gradient_ = at::empty({slice_}, exact_.options());
    outgoing_ = parameters.areExact() ? gradient_  // never in use at the same time
                                      : at::empty({slice_}, parameters.values().options());
}

at::Tensor ShardedOptimizer::ownValues() const {
    return parameters_.values().narrow(0, group_.rank() * slice_, slice_);
}

const at::Tensor& ShardedOptimizer::reduceGradients() {
    if (group_.size() > 1) {
        const PurposeScope purpose(group_, Purpose::Gradient);
        group_.reduceScatterSum(gradient_, parameters_.gradients())->wait();
    }
    return gradient_;
}

void ShardedOptimizer::step(double factor) {
    const ScopedSpan span(tagHere(SpanKind::Compute, Operation::Optimizer));
    adam_.step(exact_, gradient_, factor);
    if (!parameters_.areExact()) ownValues().copy_(exact_);
}

void ShardedOptimizer::add(const ParameterSpec& parameter, const at::Tensor& change) {
    const std::int64_t begin = group_.rank() * slice_;
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
    group_.allGather(parameters_.values(), outgoing_)->wait();
}

}  // namespace ringscope
