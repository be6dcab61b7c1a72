// The optimizer of a part of the parameters: each rank updates the scalars that it owns
// (shared_part.h).
//
// Where values have two bytes (bf16, fp16), the rank keeps a copy of what it owns in fp32, made
// from the same initial values: small steps add up there, and the rounded result is shared.
// Gradients are summed in fp32.
//
// With memory.offload_optimizer all that state is in a file (offloaded_state.h).
#pragma once

#include "kernels/model/parameters.h"
#include "kernels/train/adamw.h"
#include "kernels/train/offloaded_state.h"
#include "kernels/train/record_file.h"
#include "kernels/train/shared_part.h"

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <optional>
#include <vector>

namespace ringscope {

class ShardedOptimizer {
public:
    // Parameters and part must outlive the optimizer.
    ShardedOptimizer(const Parameters& parameters, SharedPart& part, const AdamWOptions& options,
                     std::vector<ElementRange> trained);
    // With its state in records of `file` from number `first` on, which must outlive it, too.
    ShardedOptimizer(const Parameters& parameters, SharedPart& part, const AdamWOptions& options,
                     std::vector<OptimizerPiece> pieces, RecordFile& file, std::size_t first);

    // With the part's summed gradient, which counts times `factor`, and lr times `lrShare`.
    // Parameters that are not trained stay as they are.
    void step(double factor, double lrShare);

    // Adds to the values of a parameter where it lies in the part. `change` is the same on all
    // ranks.
    void add(const ParameterSpec& parameter, const at::Tensor& change);

    SharedPart& part() { return part_; }

    // For checkpoints: the numbers of part().owned(), counted from its begin, and how many steps
    // have made them. After a visit that changes, all ranks must call part().shareValues().
    Result<void> visitState(StateUse use, const StateVisit& visit);
    std::int64_t steps() const { return offloaded_ ? offloaded_->steps() : adam_->steps(); }
    void setSteps(std::int64_t steps);

private:
    Result<void> visitInMemory(StateUse use, at::Tensor& values, const StateVisit& visit);

    SharedPart& part_;
    at::Tensor copy_;  // of owned values in fp32; not defined where they are exact
    std::optional<AdamW> adam_;
    std::optional<OffloadedState> offloaded_;  // or in memory: the two before it
};

}  // namespace ringscope
