// The model's parameters: one list of names and shapes, one contiguous buffer of values and one of
// gradients. Clipping, the optimizer and the reduction over ranks are single passes over a buffer.
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
    at::Tensor gradient;
};

class Parameters {
public:
    // `padded` >= the parameters' count: the buffers' length. Initial values depend on `seed`, the
    // parameter's name and the scalar's place in it alone: the same bits on every rank and machine.
    Parameters(const ModelConfig& model, std::int64_t seed, std::int64_t padded,
               at::TensorOptions options);

    const std::vector<ParameterSpec>& list() const { return list_; }
    const Weight& weight(std::string_view name) const;  // asserts that there is one

    at::Tensor& values() { return values_; }
    at::Tensor& gradients() { return gradients_; }
    void clearGradients();

private:
    std::vector<ParameterSpec> list_;
    at::Tensor values_;     // (padded)
    at::Tensor gradients_;  // (padded)
    std::vector<Weight> weights_;
};

}  // namespace ringscope
