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

constexpr double weightDeviation = 0.02;

class ListBuilder {
public:
    void add(std::string name, std::vector<std::int64_t> shape, double deviation) {
        ParameterSpec spec{std::move(name), std::move(shape), deviation, end_};
        end_ += spec.elements();
        list_.push_back(std::move(spec));
    }
    std::vector<ParameterSpec> list() && { return std::move(list_); }

private:
    std::vector<ParameterSpec> list_;
    std::int64_t end_ = 0;
};

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
                    ? 1.0
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

std::int64_t ParameterSpec::elements() const {
    std::int64_t count = 1;
    for (const std::int64_t size : shape) count *= size;
    return count;
}

std::vector<ParameterSpec> parameterList(const ModelConfig& model) {
    const std::int64_t hidden = model.hiddenSize;
    const std::int64_t queries = model.heads * model.headDim();
    const std::int64_t keys = model.kvHeads * model.headDim();
    // Layers add up in the residual stream: their outputs start smaller the more there are.
    const double outputDeviation =
        weightDeviation / std::sqrt(2.0 * static_cast<double>(model.layers));

    ListBuilder builder;
    builder.add("embedding.weight", {model.vocabSize, hidden}, weightDeviation);
    for (std::int64_t layer = 0; layer < model.layers; ++layer) {
        const std::string prefix = "layers." + std::to_string(layer) + ".";
        builder.add(prefix + "attention.norm.gain", {hidden}, 0);
        builder.add(prefix + "attention.qkv.weight", {queries + 2 * keys, hidden}, weightDeviation);
        builder.add(prefix + "attention.output.weight", {hidden, queries}, outputDeviation);
        builder.add(prefix + "ffn.norm.gain", {hidden}, 0);
        builder.add(prefix + "ffn.gate_up.weight", {2 * model.ffnSize, hidden}, weightDeviation);
        builder.add(prefix + "ffn.down.weight", {hidden, model.ffnSize}, outputDeviation);
    }
    builder.add("norm.gain", {hidden}, 0);
    if (!model.tiedHead) builder.add("head.weight", {model.vocabSize, hidden}, weightDeviation);
    return std::move(builder).list();
}

Parameters::Parameters(const ModelConfig& model, std::int64_t seed, std::int64_t padded,
                       at::TensorOptions options)
    : list_(parameterList(model)),
      seed_(seed),
      values_(allocatedFor(MemoryCategory::Parameters,
                           [&] { return initialValues(list_, seed, 0, padded, options); })),
      gradients_(allocatedFor(MemoryCategory::Gradients, [&] {
          return at::zeros({padded}, options.dtype(sumType(values_)));
      })) {
    for (const ParameterSpec& spec : list_) {
        const auto view = [&](const at::Tensor& buffer) {
            return buffer.narrow(0, spec.offset, spec.elements()).view(spec.shape);
        };
        weights_.push_back({view(values_).detach().requires_grad_(true), view(gradients_)});
    }
}

const Weight& Parameters::weight(std::string_view name) const {
    const auto found = std::ranges::find(list_, name, &ParameterSpec::name);
    TORCH_INTERNAL_ASSERT(found != list_.end(), "no parameter named ", name);
    return weights_[static_cast<std::size_t>(found - list_.begin())];
}

void Parameters::clearGradients() { gradients_.zero_(); }

at::Tensor Parameters::exactValues(std::int64_t begin, std::int64_t count) const {
    if (areExact()) return values_.narrow(0, begin, count);
    return initialValues(list_, seed_, begin, count, gradients_.options());
}

}  // namespace ringscope
