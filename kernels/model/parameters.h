// The model's parameters: one list of names and shapes, one contiguous buffer of values and one of
// gradients. Clipping, the optimizer and the reduction over ranks are single passes over a buffer.
//
// Values may have two bytes (bf16, fp16). Their gradients are then added up in fp32, and the
// optimizer keeps a copy of the values in fp32 that it adds its small steps to.
#pragma once

#include "backend/config/run_config.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct ParameterSpec {
    std::string name;  // "layers.0.attention.qkv.weight"
    std::vector<std::int64_t> shape;
    double deviation = 0;  // standard deviation of the initial values; 0: all ones (a norm's gain)
    std::int64_t offset = 0;  // of its first scalar in the buffers

    std::int64_t elements() const;
};

// All parameters in buffer order, without gaps; together parameterCount(model) scalars.
//   qkv      (heads + 2 kv heads) * head dim x hidden: all query heads, key heads, value heads
//   gate_up  2 ffn x hidden: gate rows, then up rows
std::vector<ParameterSpec> parameterList(const ModelConfig& model);

// A parameter and where its gradient is added up. Both are views of the buffers.
struct Weight {
    at::Tensor value;
    at::Tensor gradient;  // in sumType() of the value
};

class Parameters {
public:
    // `padded` >= the parameters' count: the buffers' length. The options are the values'. Initial
    // values depend on `seed`, the parameter's name and the scalar's place in it alone: the same
    // bits on every rank and machine, rounded ones in fewer bytes.
    Parameters(const ModelConfig& model, std::int64_t seed, std::int64_t padded,
               at::TensorOptions options);

    const std::vector<ParameterSpec>& list() const { return list_; }
    const Weight& weight(std::string_view name) const;  // asserts that there is one

    at::Tensor& values() { return values_; }
    at::Tensor& gradients() { return gradients_; }
    void clearGradients();

    // Scalars [begin, begin + count) of the values in the gradients' type, for the optimizer to add
    // to: a view of them, or of values with two bytes the initial ones before they were rounded.
    at::Tensor exactValues(std::int64_t begin, std::int64_t count) const;
    bool areExact() const { return values_.scalar_type() == gradients_.scalar_type(); }

private:
    std::vector<ParameterSpec> list_;
    std::int64_t seed_;
    at::Tensor values_;     // (padded)
    at::Tensor gradients_;  // (padded)
    std::vector<Weight> weights_;
};

}  // namespace ringscope
