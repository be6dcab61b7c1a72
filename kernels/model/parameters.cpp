#include "kernels/model/parameters.h"

#include "backend/core/mix.h"
#include "kernels/device/number_format.h"
#include "kernels/model/elementwise.h"
#include "profiler/memory_scope.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>

namespace ringscope {
namespace {

std::uint64_t nameHash(std::string_view name) {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char letter : name) {
        hash ^= static_cast<unsigned char>(letter);
        hash *= 0x100000001b3U;
    }
    return hash;
}

// Near-normal with deviation 1 and no value beyond 3.5: four 16-bit uniforms added up. Integers
// until the last multiplication, so no mathematics library has a say in it.
double nearNormal(std::uint64_t word) {
    std::int64_t sum = 0;
    for (int part = 0; part < 4; ++part)
        sum += static_cast<std::int64_t>((word >> (16 * part)) & 0xffff);
    constexpr double mean = 4 * 65535.0 / 2;
    constexpr double deviation = 37837.227;  // sqrt(4 * (65536^2 - 1) / 12)
    return (static_cast<double>(sum) - mean) / deviation;
}

// Scalars [begin, end) of the parameter, into `values`.
template <typename Scalar>
void initialise(Scalar* values, const ParameterSpec& spec, std::int64_t seed, std::int64_t begin,
                std::int64_t end) {
    const std::uint64_t key =
        mixBits(nameHash(spec.name) + mixBits(static_cast<std::uint64_t>(seed)));
    at::parallel_for(begin, end, 1 << 15, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t i = first; i < last; ++i)
            values[i - begin] = static_cast<Scalar>(
                spec.deviation == 0
                    ? spec.initial
                    : spec.deviation * nearNormal(mixBits(key + static_cast<std::uint64_t>(i))));
    });
}

// Scalars [begin, begin + count) of the flat initial values, 0 past the last parameter. Made on the
// CPU, whatever device they are for.
at::Tensor initialValues(const std::vector<ParameterSpec>& list, std::int64_t seed,
                         std::int64_t begin, std::int64_t count, const at::TensorOptions& options) {
    at::Tensor values = at::zeros({count}, options.device(at::kCPU));
    const std::int64_t end = begin + count;
    for (const ParameterSpec& spec : list) {
        const std::int64_t first = std::max(begin, spec.offset);
        const std::int64_t last = std::min(end, spec.offset + spec.elements());
        if (first >= last) continue;
        AT_DISPATCH_FLOATING_TYPES_AND2(
            at::kBFloat16, at::kHalf, values.scalar_type(), "initialValues", [&] {
                initialise(values.mutable_data_ptr<scalar_t>() + (first - begin), spec, seed,
                           first - spec.offset, last - spec.offset);
            });
    }
    return values.to(options.device());
}

}  // namespace

InitialValues seededValues(std::vector<ParameterSpec> list, std::int64_t seed) {
    return [list = std::move(list), seed](std::int64_t begin, std::int64_t count,
                                          const at::TensorOptions& options) {
        return initialValues(list, seed, begin, count, options);
    };
}

Parameters::Parameters(std::vector<ParameterSpec> list, InitialValues initial, std::int64_t padded,
                       at::TensorOptions options)
    : list_(std::move(list)),
      initial_(std::move(initial)),
      values_(
          allocatedFor(MemoryCategory::Parameters, [&] { return initial_(0, padded, options); })),
      gradients_(allocatedFor(MemoryCategory::Gradients, [&] {
          return at::zeros({padded}, options.dtype(sumType(values_)));
      })) {
    for (const ParameterSpec& spec : list_) {
        const auto view = [&](const at::Tensor& buffer) {
            return buffer.narrow(0, spec.offset, spec.elements()).view(spec.shape);
        };
        places_.emplace(spec.name, weights_.size());
        weights_.push_back({view(values_).detach().requires_grad_(true), view(gradients_)});
    }
}

const Weight& Parameters::weight(std::string_view name) const {
    const auto found = places_.find(name);
    TORCH_INTERNAL_ASSERT(found != places_.end(), "no parameter named ", name);
    return weights_[found->second];
}

Weight Parameters::weightIfAny(std::string_view name) const {
    const auto found = places_.find(name);
    return found == places_.end() ? Weight{} : weights_[found->second];
}

void Parameters::clearGradients() { gradients_.zero_(); }

at::Tensor Parameters::exactValues(std::int64_t begin, std::int64_t count) const {
    if (areExact()) return values_.narrow(0, begin, count);
    return initial_(begin, count, gradients_.options());
}

}  // namespace ringscope
