#include "kernels/train/sharded_optimizer.h"

#include "backend/plan/optimizer_state.h"
#include "profiler/memory_scope.h"
#include "profiler/span_recorder.h"
#include "profiler/trace_place.h"

#include <algorithm>
#include <utility>

namespace ringscope {
ShardedOptimizer::ShardedOptimizer(const Parameters& parameters, SharedPart& part,
                                   const AdamWOptions& options, std::vector<ElementRange> trained)
    : part_(part) {
    const auto owned = part.owned();
    if (!parameters.areExact())
        copy_ = allocatedFor(MemoryCategory::Optimizer,
                             [&] { return parameters.exactValues(owned.begin, owned.count); });
    adam_.emplace(owned.count, options, part.summedGradient().options(), std::move(trained));
}

ShardedOptimizer::ShardedOptimizer(const Parameters& parameters, SharedPart& part,
                                   const AdamWOptions& options, std::vector<OptimizerPiece> pieces,
                                   RecordFile& file, std::size_t first)
    : part_(part) {
    offloaded_.emplace(parameters, part.owned(), part.summedGradient().scalar_type(),
                       std::move(pieces), options, file, first);
}

void ShardedOptimizer::step(double factor, double lrShare) {
    const ScopedSpan span(tagHere(SpanKind::Compute, Operation::Optimizer));
    at::Tensor values = part_.openValues();
    const at::Tensor gradient = part_.summedGradient();
    if (offloaded_) {
        offloaded_->step(values, gradient, factor, lrShare);
    } else {
        adam_->step(copy_.defined() ? copy_ : values, gradient, factor, lrShare);
        if (copy_.defined()) values.copy_(copy_);
    }
    part_.storeValues();
}

Result<void> ShardedOptimizer::visitInMemory(StateUse use, at::Tensor& values,
                                             const StateVisit& visit) {
    const at::Tensor& exact = copy_.defined() ? copy_ : values;
    RINGSCOPE_CHECK(visit(StateKind::Values, {.count = exact.numel()}, {exact}));
    RINGSCOPE_CHECK(visitMoments(adam_->stretches(), 0, visit));
    if (use == StateUse::Change && copy_.defined()) values.copy_(copy_);
    return {};
}

Result<void> ShardedOptimizer::visitState(StateUse use, const StateVisit& visit) {
    at::Tensor values = part_.openValues();
    Result<void> visited =
        offloaded_ ? offloaded_->visitState(use, values, visit) : visitInMemory(use, values, visit);
    if (use == StateUse::Change)
        part_.storeValues();
    else
        part_.closeValues();
    return visited;
}

void ShardedOptimizer::setSteps(std::int64_t steps) {
    if (offloaded_)
        offloaded_->setSteps(steps);
    else
        adam_->setSteps(steps);
}

void ShardedOptimizer::add(const ParameterSpec& parameter, const at::Tensor& change) {
    const auto [begin, count] = part_.owned();
    const std::int64_t first = std::max(begin, parameter.offset);
    const std::int64_t end = std::min(begin + count, parameter.offset + parameter.elements());
    if (first >= end) return;
    const at::Tensor own = change.flatten().narrow(0, first - parameter.offset, end - first);
    at::Tensor values = part_.openValues();
    if (offloaded_) {
        offloaded_->add(values, first - begin, own);
    } else {
        at::Tensor& exact = copy_.defined() ? copy_ : values;
        exact.narrow(0, first - begin, end - first).add_(own);
        if (copy_.defined()) values.copy_(copy_);
    }
    part_.storeValues();
}

}  // namespace ringscope
