// One rank's training: the model, its share of every batch, and the optimizer.
//
// What a rank computes differs from mode to mode. These sums do not:
//
//   loss       of the rank's own labelled tokens / labelled tokens of the whole step; summed over
//              ranks it is the mean over all tokens. With train.router_aux_loss it is this plus the
//              mean of the batches' balance losses (expert_balance.h). Where activations are
//              replicated, a rank holds all tokens and still counts only the loss of its own.
//   gradient   summed over ranks, in slices: each rank gets the sum of its slice (reduce-scatter),
//              updates the slice's parameters and sends them to all ranks (all-gather). So all
//              ranks together hold the optimizer's state once. memory.zero says what else they
//              divide (shared_part.h).
//
// Replicas (parallel.dp) are groups of ranks that follow each other. Each attends within itself, to
// batches of its own; losses and gradients are summed over the ranks of all, so a step is that of
// one rank on all batches.
//
// In bf16 and fp16, parameters and activations have two bytes; sums (norms, softmax, cross-entropy,
// the gradients of weights and their sum over ranks) and what the optimizer adds to are fp32. In
// fp16 the loss is scaled, and a step is skipped where the scale was too large (loss_scale.h); its
// gradient norm is no number.
//
// Parameters are the same bits on every rank after every step.
#pragma once

#include "backend/core/result.h"
#include "backend/plan/run_plan.h"
#include "backend/run/run_record.h"
#include "kernels/comm/group.h"
#include "kernels/data/token_batch.h"
#include "kernels/train/training_state.h"

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ringscope {

// A whole batch; the same on every rank. A step has plan.microSteps * plan.replicas of them, and
// replica r takes those numbered r, r + replicas, ...
using BatchSource = std::function<TokenBatch(std::int64_t step, std::int64_t number)>;

// A whole batch of data that is kept out of training, by its number; the same on every rank.
using ValidationBatches = std::function<TokenBatch(std::int64_t number)>;

struct StepOutcome {
    StepRecord record;  // duration: the slowest rank's
    Nanos ownDuration{};
    Traffic sent{};      // by this rank during the step, timing scalars included
    std::string note{};  // for the log: the step was skipped, in fp16; the same on all ranks
    // How many tokens of the step used each expert, of each layer with experts; over all ranks.
    std::vector<std::vector<std::int64_t>> expertUse{};
};

class Trainer {
public:
    // `group`: all ranks of the plan; it must outlive the trainer. All ranks must make theirs with
    // the same plan and batches. Throws GroupError where the ranks of a replica cannot connect.
    static Result<std::unique_ptr<Trainer>> make(const RunPlan& plan, Group& group,
                                                 BatchSource batches,
                                                 c10::Device device = c10::Device(c10::kCPU));
    ~Trainer();

    // All ranks must call it with the same index. Fails where the step has no labelled token or its
    // loss is no number. Throws GroupError.
    Result<StepOutcome> step(std::int64_t index);

    // The mean negative log-likelihood of the labels of batches 0 to `count` - 1, under the run's
    // mode, without dropout; and of builtin:recall, how many answers were right. All ranks must
    // call it, with the step after which it is and the same batches. Steps are the same with and
    // without it. Fails where no token has a label. Throws GroupError.
    Result<ValidationRecord> validate(std::int64_t index, const ValidationBatches& batches,
                                      std::int64_t count);

    // What ranks hold as parameters, on the CPU, from scalar `first` on: heldParameters() says what
    // is where. All ranks must call it.
    at::Tensor wholeValues(std::int64_t first = 0);
    std::vector<double> parameterValues();  // the same, for tests

    c10::Device device() const;

    // What a checkpoint keeps of this rank, between steps.
    TrainingProgress progress() const;
    Result<void> visitOwnedSlices(const SliceVisit& visit);
    // `stored`: that of all ranks together, of any layout. All ranks must call it.
    Result<void> restore(const TrainingState& stored);

private:
    struct State;
    explicit Trainer(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

}  // namespace ringscope
