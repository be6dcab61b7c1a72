// The optimizer of a part of the parameters: each rank updates the scalars that it owns
// (shared_part.h).
//
// Where values have two bytes (bf16, fp16), the rank keeps a copy of what it owns in fp32, made
// from the same initial values: small steps add up there, and the rounded result is shared.
// Gradients are summed in fp32.
#pragma once

#include "kernels/model/parameters.h"
#include "kernels/train/adamw.h"
#include "kernels/train/shared_part.h"

#include <ATen/core/Tensor.h>

namespace ringscope {

class ShardedOptimizer {
public:
    // Parameters and part must outlive the optimizer.
    ShardedOptimizer(const Parameters& parameters, SharedPart& part, const AdamWOptions& options);

    // With the part's summed gradient, which counts times `factor`, and lr times `lrShare`.
    // Parameters that are not trained stay as they are.
    void step(double factor, double lrShare);

    // Adds to the values of a parameter where it lies in the part. `change` is the same on all
    // ranks.
    void add(const ParameterSpec& parameter, const at::Tensor& change);

    SharedPart& part() { return part_; }

private:
    void round();

    SharedPart& part_;
    at::Tensor exact_;  // in fp32; the owned values themselves where they are exact
    bool rounds_;
    AdamW adam_;
};

}  // namespace ringscope
