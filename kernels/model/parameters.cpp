#include "kernels/model/parameters.h"

#include "backend/core/mix.h"
#include "kernels/device/number_format.h"
#include "kernels/device/tensor_memory.h"
#include "kernels/model/elementwise.h"
#include "profiler/memory_scope.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace ringscope {
namespace {

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
        mixBits(hashOfName(spec.name) + mixBits(static_cast<std::uint64_t>(seed)));
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
at::Tensor seededScalars(const std::vector<ParameterSpec>& list, std::int64_t seed,
                         std::int64_t begin, std::int64_t count, const at::TensorOptions& options) {
    at::Tensor values = at::zeros({count}, options.device(at::kCPU));
    const std::int64_t end = begin + count;
    for (const ParameterSpec& spec : list) {
        const std::int64_t first = std::max(begin, spec.offset);
        const std::int64_t last = std::min(end, spec.offset + spec.elements());
        if (first >= last) continue;
        AT_DISPATCH_FLOATING_TYPES_AND2(
            at::kBFloat16, at::kHalf, values.scalar_type(), "seededScalars", [&] {
                initialise(values.mutable_data_ptr<scalar_t>() + (first - begin), spec, seed,
                           first - spec.offset, last - spec.offset);
            });
    }
    return values.to(options.device());
}

at::Tensor partOf(const at::Tensor& buffer, const BufferPart& all, const BufferPart& span) {
    if (span.count == all.count) return buffer;
    return buffer.narrow(0, span.begin - all.begin, span.count);
}

}  // namespace

std::uint64_t hashOfName(std::string_view name) {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char letter : name) {
        hash ^= static_cast<unsigned char>(letter);
        hash *= 0x100000001b3U;
    }
    return hash;
}

InitialValues seededValues(std::vector<ParameterSpec> list, std::int64_t seed) {
    return [list = std::move(list), seed](std::int64_t begin, std::int64_t count,
                                          const at::TensorOptions& options) {
        return seededScalars(list, seed, begin, count, options);
    };
}

Parameters::Parameters(std::vector<ParameterSpec> list, InitialValues initial,
                       const std::vector<BufferPart>& parts, const at::TensorOptions& options,
                       const BuffersAtStart& atStart)
    : list_(std::move(list)), initial_(std::move(initial)) {
    const auto made = [](MemoryCategory category, bool held, const auto& make) {
        at::Tensor buffer = allocatedFor(category, make);
        if (!held) dropMemory(buffer);
        return buffer;
    };
    for (const BufferPart& part : parts) {
        const at::Tensor values = made(MemoryCategory::Parameters, atStart.values, [&] {
            return atStart.values ? initial_(part.begin, part.count, options)
                                  : at::empty({part.count}, options);
        });
        const at::TensorOptions sums = options.dtype(sumType(values));
        if (!atStart.frozen.empty() && atStart.frozen[buffers_.size()]) {
            buffers_.push_back({part, values, at::Tensor()});
            continue;
        }
        buffers_.push_back({part, values, made(MemoryCategory::Gradients, atStart.gradients, [&] {
                                return at::zeros({part.count}, sums);
                            })});
    }
    for (const ParameterSpec& spec : list_) {
        const Buffer& buffer = bufferOf(spec.offset);
        const auto view = [&](const at::Tensor& all) {
            if (!all.defined()) return all;
            return all.narrow(0, spec.offset - buffer.part.begin, spec.elements()).view(spec.shape);
        };
        places_.emplace(spec.name, weights_.size());
        weights_.push_back(
            {view(buffer.values).detach().requires_grad_(true), view(buffer.gradients)});
    }
}

Parameters::Parameters(std::vector<ParameterSpec> list, InitialValues initial, std::int64_t padded,
                       const at::TensorOptions& options)
    : Parameters(std::move(list), std::move(initial), std::vector<BufferPart>{{0, padded}},
                 options) {}

const Parameters::Buffer& Parameters::bufferOf(std::int64_t scalar) const {
    const auto after = std::ranges::upper_bound(
        buffers_, scalar, {}, [](const Buffer& buffer) { return buffer.part.begin; });
    return *std::prev(after);
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

at::Tensor Parameters::values(const BufferPart& span) const {
    const Buffer& buffer = bufferOf(span.begin);
    return partOf(buffer.values, buffer.part, span);
}

at::Tensor Parameters::gradients(const BufferPart& span) const {
    const Buffer& buffer = bufferOf(span.begin);
    if (!buffer.gradients.defined()) return {};
    return partOf(buffer.gradients, buffer.part, span);
}

void Parameters::clearGradients() {
    for (const Buffer& buffer : buffers_)
        if (buffer.gradients.defined() && hasMemory(buffer.gradients)) buffer.gradients.zero_();
}

bool Parameters::areExact() const {
    const at::Tensor& values = buffers_.front().values;
    return values.scalar_type() == sumType(values);
}

at::Tensor Parameters::exactValues(std::int64_t begin, std::int64_t count) const {
    const Buffer& buffer = bufferOf(begin);
    if (areExact()) return buffer.values.narrow(0, begin - buffer.part.begin, count);
    return initial_(begin, count, buffer.values.options().dtype(sumType(buffer.values)));
}

at::Tensor Parameters::initialValues(std::int64_t begin, std::int64_t count) const {
    return initial_(begin, count, buffers_.front().values.options());
}

}  // namespace ringscope
