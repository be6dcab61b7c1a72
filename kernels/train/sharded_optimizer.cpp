#include "kernels/train/sharded_optimizer.h"

#include "backend/plan/optimizer_state.h"
#include "profiler/memory_scope.h"
#include "profiler/span_recorder.h"
#include "profiler/trace_place.h"

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

ShardedOptimizer::ShardedOptimizer(const Parameters& parameters, SharedPart& part,
                                   const AdamWOptions& options)
    : part_(part),
      exact_(parameters.areExact() ? part.ownedValues()
                                   : allocatedFor(MemoryCategory::Optimizer,
                                                  [&] {
                                                      const auto [begin, count] = part.owned();
                                                      return parameters.exactValues(begin, count);
                                                  })),
      rounds_(!parameters.areExact()),
      adam_(part.owned().count, options, exact_.options(),
            trainedRanges(parameters.list(), options.eightBit, part.owned().begin,
                          part.owned().count)) {}

void ShardedOptimizer::round() {
    if (!rounds_) return;
    at::Tensor values = part_.ownedValues();
    values.copy_(exact_);
}

void ShardedOptimizer::step(double factor) {
    const ScopedSpan span(tagHere(SpanKind::Compute, Operation::Optimizer));
    adam_.step(exact_, part_.summedGradient(), factor);
    round();
}

void ShardedOptimizer::restored() {
    round();
    part_.shareValues();
}

void ShardedOptimizer::add(const ParameterSpec& parameter, const at::Tensor& change) {
    const auto [begin, count] = part_.owned();
    const std::int64_t first = std::max(begin, parameter.offset);
    const std::int64_t end = std::min(begin + count, parameter.offset + parameter.elements());
    if (first >= end) return;
    at::Tensor own = exact_.narrow(0, first - begin, end - first);
    own.add_(change.flatten().narrow(0, first - parameter.offset, end - first));
    round();
}

}  // namespace ringscope
