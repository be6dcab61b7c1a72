#include "kernels/train/sharded_optimizer.h"

#include "profiler/memory_scope.h"
#include "profiler/span_recorder.h"
#include "profiler/trace_place.h"

#include <ATen/ops/empty.h>

namespace ringscope {

ShardedOptimizer::ShardedOptimizer(Parameters& parameters, Group& group,
                                   const AdamWOptions& options)
    : parameters_(parameters),
      group_(group),
      slice_(parameters.values().numel() / group.size()),
      exact_(allocatedFor(MemoryCategory::Optimizer,
                          [&] { return parameters.exactValues(group.rank() * slice_, slice_); })),
      adam_(slice_, options, exact_.options()) {
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

void ShardedOptimizer::shareValues() {
    if (group_.size() == 1) return;
    const PurposeScope purpose(group_, Purpose::Gradient);
    outgoing_.copy_(ownValues());
    group_.allGather(parameters_.values(), outgoing_)->wait();
}

}  // namespace ringscope
