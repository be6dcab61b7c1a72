#include "kernels/train/adamw.h"

#include "kernels/train/flat_kernels.h"
#include "profiler/memory_scope.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>

#include <cmath>
#include <utility>
#include <vector>

namespace ringscope {
namespace {

constexpr std::int64_t elementsPerTask = 1 << 16;

flat::AdamFactors factorsOf(const AdamWOptions& options, std::int64_t step, double gradient,
                            double lrShare) {
    const double time = static_cast<double>(step);
    const double lr = options.lr * lrShare;
    return {.gradient = gradient,
            .beta1 = options.beta1,
            .beta2 = options.beta2,
            .keep = 1 - lr * options.weightDecay,
            .stepSize = lr / (1 - std::pow(options.beta1, time)),
            .squareFactor = 1 / (1 - std::pow(options.beta2, time)),
            .eps = options.eps};
}

std::int64_t elementsOf(const std::vector<ElementRange>& ranges) {
    std::int64_t elements = 0;
    for (const ElementRange& range : ranges) elements += range.count;
    return elements;
}

template <typename T>
void stepOnCpu(at::Tensor& values, const at::Tensor& gradient, at::Tensor& mean, at::Tensor& square,
               const flat::AdamFactors& factors) {
    T* p = values.mutable_data_ptr<T>();
    const T* g = gradient.const_data_ptr<T>();
    T* m = mean.mutable_data_ptr<T>();
    T* v = square.mutable_data_ptr<T>();
    const auto range = [&](std::int64_t begin, std::int64_t end) {
        flat::adamStep(p + begin, g + begin, m + begin, v + begin, end - begin, factors);
    };
    at::parallel_for(0, values.numel(), elementsPerTask, range);
}

void stepAnywhere(at::Tensor& values, const at::Tensor& gradient, at::Tensor& mean,
                  at::Tensor& square, const flat::AdamFactors& factors) {
    const at::Tensor g = gradient * factors.gradient;
    mean.mul_(factors.beta1).add_(g, 1 - factors.beta1);
    square.mul_(factors.beta2).addcmul_(g, g, 1 - factors.beta2);
    values.mul_(factors.keep)
        .addcdiv_(mean, (square * factors.squareFactor).sqrt_().add_(factors.eps),
                  -factors.stepSize);
}

// Tasks are the same for any number of threads, and so is the sum.
template <typename T>
double sumOnCpu(const at::Tensor& tensor) {
    const T* values = tensor.const_data_ptr<T>();
    const std::int64_t count = tensor.numel();
    const std::int64_t tasks = (count + elementsPerTask - 1) / elementsPerTask;
    std::vector<double> sums(static_cast<std::size_t>(tasks), 0.0);
    at::parallel_for(0, tasks, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t task = begin; task < end; ++task) {
            const std::int64_t first = task * elementsPerTask;
            sums[static_cast<std::size_t>(task)] =
                flat::sumOfSquares(values + first, std::min(elementsPerTask, count - first));
        }
    });
    double sum = 0;
    for (const double part : sums) sum += part;
    return sum;
}

}  // namespace

AdamW::AdamW(const AdamWOptions& options, std::vector<ElementRange> trained)
    : options_(options), trained_(std::move(trained)), eightBit_(trained_) {
    std::erase_if(trained_, [](const ElementRange& range) { return range.eightBit; });
}

AdamW::AdamW(std::int64_t elements, const AdamWOptions& options, const at::TensorOptions& tensors,
             std::optional<std::vector<ElementRange>> trained)
    : AdamW(options, std::move(trained).value_or(std::vector<ElementRange>{{.count = elements}})) {
    state_.eightBit = eightBit_.zeroState(tensors);
    const MemoryScope scope(MemoryCategory::Optimizer);
    state_.mean = at::zeros({elementsOf(trained_)}, tensors);
    state_.square = at::zeros({elementsOf(trained_)}, tensors);
}

void AdamW::step(at::Tensor& values, const at::Tensor& gradient, double gradientFactor,
                 double lrShare) {
    step(state_, values, gradient, gradientFactor, lrShare);
}

void AdamW::step(AdamWState& state, at::Tensor& values, const at::Tensor& gradient,
                 double gradientFactor, double lrShare) {
    const flat::AdamFactors all = factorsOf(options_, ++steps_, gradientFactor, lrShare);
    eightBit_.step(state.eightBit, values, gradient, all);
    std::int64_t first = 0;
    for (const ElementRange& range : trained_) {
        const flat::AdamFactors factors = all.withDecay(range.decayed);
        at::Tensor p = values.narrow(0, range.begin, range.count);
        const at::Tensor g = gradient.narrow(0, range.begin, range.count);
        at::Tensor m = state.mean.narrow(0, first, range.count);
        at::Tensor v = state.square.narrow(0, first, range.count);
        first += range.count;
        if (!values.is_cpu())
            stepAnywhere(p, g, m, v, factors);
        else if (values.scalar_type() == at::kDouble)
            stepOnCpu<double>(p, g, m, v, factors);
        else
            stepOnCpu<float>(p, g, m, v, factors);
    }
}

std::vector<OptimizerStretch> AdamW::stretches(const AdamWState& state) const {
    std::vector<OptimizerStretch> all = eightBit_.stretches(state.eightBit);
    std::int64_t first = 0;
    for (const ElementRange& range : trained_) {
        all.push_back({range,
                       {state.mean.narrow(0, first, range.count)},
                       {state.square.narrow(0, first, range.count)}});
        first += range.count;
    }
    return all;
}

Result<void> visitMoments(const std::vector<OptimizerStretch>& stretches, std::int64_t begin,
                          const StateVisit& visit) {
    for (const OptimizerStretch& stretch : stretches) {
        ElementRange range = stretch.range;
        range.begin += begin;
        RINGSCOPE_CHECK(visit(StateKind::Mean, range, stretch.mean));
        RINGSCOPE_CHECK(visit(StateKind::Square, range, stretch.square));
    }
    return {};
}

double sumOfSquares(const at::Tensor& values) {
    if (!values.is_cpu()) return values.square().sum(at::kDouble).item<double>();
    return values.scalar_type() == at::kDouble ? sumOnCpu<double>(values) : sumOnCpu<float>(values);
}

}  // namespace ringscope
