// The model's parameters: one list of names and shapes, one contiguous buffer of values and one of
// gradients. Clipping, the optimizer and the reduction over ranks are single passes over a buffer.
//
// Values may have two bytes (bf16, fp16). Their gradients are then added up in fp32, and the
// optimizer keeps a copy of the values in fp32 that it adds its small steps to.
#pragma once

#include "backend/model/parameter_list.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

// A parameter and where its gradient is added up. Both are views of the buffers.
struct Weight {
    at::Tensor value;
    at::Tensor gradient;  // in sumType() of the value

    bool defined() const { return value.defined(); }
};

// Scalars [begin, begin + count) of the flat initial values, 0 past the last parameter: the same
// bits on every rank. The options' device is theirs.
using InitialValues = std::function<at::Tensor(std::int64_t begin, std::int64_t count,
                                               const at::TensorOptions& options)>;

// Values that depend on `seed`, the parameter's name and the scalar's place in it alone: the same
// bits on every machine, rounded ones in fewer bytes.
InitialValues seededValues(std::vector<ParameterSpec> list, std::int64_t seed);

class Parameters {
public:
    // `padded` >= the parameters' count: the buffers' length. The options are the values'.
    Parameters(std::vector<ParameterSpec> list, InitialValues initial, std::int64_t padded,
               at::TensorOptions options);

    const std::vector<ParameterSpec>& list() const { return list_; }
    const Weight& weight(std::string_view name) const;  // asserts that there is one
    Weight weightIfAny(std::string_view name) const;    // not defined where there is none

    at::Tensor& values() { return values_; }
    at::Tensor& gradients() { return gradients_; }
    void clearGradients();

    // Scalars [begin, begin + count) of the values in the gradients' type, for the optimizer to add
    // to: a view of them, or of values with two bytes the initial ones before they were rounded.
    at::Tensor exactValues(std::int64_t begin, std::int64_t count) const;
    bool areExact() const { return values_.scalar_type() == gradients_.scalar_type(); }

private:
    std::vector<ParameterSpec> list_;
    InitialValues initial_;
    at::Tensor values_;     // (padded)
    at::Tensor gradients_;  // (padded)
    std::vector<Weight> weights_;
    std::map<std::string, std::size_t, std::less<>> places_;
};

}  // namespace ringscope
