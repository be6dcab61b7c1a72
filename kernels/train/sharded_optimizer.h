// The optimizer, divided over the ranks: each rank updates one slice of the flat parameters.
//
//   reduceGradients   every rank gets the sum over ranks of its slice       reduce-scatter
//   step              AdamW on the slice
//   shareValues       the new values of every slice, to all                 all-gather
//
// Where values have two bytes (bf16, fp16), the rank keeps a copy of its slice in fp32, made from
// the same initial values: small steps add up there, and the rounded result is shared. Gradients
// are summed in fp32.
#pragma once

#include "backend/model/parameter_share.h"
#include "kernels/comm/group.h"
#include "kernels/model/parameters.h"
#include "kernels/train/adamw.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace ringscope {

class ShardedOptimizer {
public:
    // Updates a part of the parameters' buffers that `group` holds alike. It must hold group.size()
    // slices. Parameters and group must outlive the optimizer.
    ShardedOptimizer(Parameters& parameters, const BufferPart& part, Group& group,
                     const AdamWOptions& options);

    // The summed gradient of the rank's slice. Valid until the next call.
    const at::Tensor& reduceGradients();

    // The gradient counts times `factor`. Parameters that are not trained stay as they are.
    void step(double factor);

    // Adds to the values of a parameter in its part. `change` is the same on all ranks.
    void add(const ParameterSpec& parameter, const at::Tensor& change);

    // After it, the values are the same bits on every rank. Must be called also where step() was
    // not, so that what a step sends does not depend on its numbers.
    void shareValues();

private:
    std::int64_t sliceBegin() const { return part_.begin + group_.rank() * slice_; }
    at::Tensor ownValues() const;

    Parameters& parameters_;
    BufferPart part_;
    Group& group_;
    std::int64_t slice_;  // scalars
    at::Tensor exact_;    // (slice) in fp32; the parameters themselves where they are exact
    AdamW adam_;
    at::Tensor gradient_;  // (slice)
    at::Tensor outgoing_;  // (slice) values that shareValues() sends
};

}  // namespace ringscope
