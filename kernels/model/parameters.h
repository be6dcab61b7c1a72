// The model's parameters: one list of names and shapes over a range of scalars, whose values and
// gradients lie in contiguous buffers, one of each for a part of the range. Clipping, the optimizer
// and the reduction over ranks are single passes over a buffer.
//
// Values may have two bytes (bf16, fp16). Their gradients are then added up in fp32, and the
// optimizer keeps a copy of the values in fp32 that it adds its small steps to.
#pragma once

#include "backend/model/parameter_share.h"

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
    at::Tensor gradient;  // in sumType() of the value; not defined: it is frozen

    bool defined() const { return value.defined(); }
};

// Scalars [begin, begin + count) of the flat initial values, 0 past the last parameter: the same
// bits on every rank. The options' device is theirs.
using InitialValues = std::function<at::Tensor(std::int64_t begin, std::int64_t count,
                                               const at::TensorOptions& options)>;

// Values that depend on `seed`, the parameter's name and the scalar's place in it alone: the same
// bits on every machine, rounded ones in fewer bytes.
InitialValues seededValues(std::vector<ParameterSpec> list, std::int64_t seed);

// Which buffers have memory from the start; others wait for takeMemory() (tensor_memory.h).
struct BuffersAtStart {
    bool values = true;
    bool gradients = true;
    std::vector<bool> frozen{};  // of each part: it has no gradients, ever; empty: none is
};

// The same on every machine.
std::uint64_t hashOfName(std::string_view name);

class Parameters {
public:
    // `parts` follow each other; no parameter lies in two. The options are the values'.
    Parameters(std::vector<ParameterSpec> list, InitialValues initial,
               const std::vector<BufferPart>& parts, const at::TensorOptions& options,
               const BuffersAtStart& atStart = {});
    // One part. `padded` >= the parameters' count: the buffers' length.
    Parameters(std::vector<ParameterSpec> list, InitialValues initial, std::int64_t padded,
               const at::TensorOptions& options);

    const std::vector<ParameterSpec>& list() const { return list_; }
    const Weight& weight(std::string_view name) const;  // asserts that there is one
    Weight weightIfAny(std::string_view name) const;    // not defined where there is none

    // Of the one part; and of scalars of one part, the buffer itself where they are all of it.
    at::Tensor& values() { return buffers_.front().values; }
    at::Tensor& gradients() { return buffers_.front().gradients; }
    at::Tensor values(const BufferPart& span) const;
    at::Tensor gradients(const BufferPart& span) const;
    void clearGradients();  // those that have memory

    // Scalars [begin, begin + count), of one part, of the values in the gradients' type, for the
    // optimizer to add to: a view of them, or of values with two bytes the initial ones before they
    // were rounded.
    at::Tensor exactValues(std::int64_t begin, std::int64_t count) const;
    // The initial values of any scalars, rounded as the values are.
    at::Tensor initialValues(std::int64_t begin, std::int64_t count) const;
    bool areExact() const;

private:
    std::vector<ParameterSpec> list_;
    InitialValues initial_;
    struct Buffer {
        BufferPart part;
        at::Tensor values;
        at::Tensor gradients;
    };
    const Buffer& bufferOf(std::int64_t scalar) const;

    std::vector<Buffer> buffers_;
    std::vector<Weight> weights_;
    std::map<std::string, std::size_t, std::less<>> places_;
};

}  // namespace ringscope
