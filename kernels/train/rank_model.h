// The model as one rank of a run holds it: its parameters, and attention under the plan's mode.
#pragma once

#include "backend/core/result.h"
#include "backend/plan/run_plan.h"
#include "kernels/attention/attention.h"
#include "kernels/comm/group.h"
#include "kernels/data/token_batch.h"
#include "kernels/model/parameters.h"
#include "kernels/model/transformer.h"

#include <c10/core/Device.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace ringscope {

// Which batch of a run: what dropout depends on.
struct BatchPlace {
    std::int64_t step = 0;
    std::int64_t number = 0;
};

class RankModel {
public:
    // `group`: the ranks that share sequences; it must outlive the model. All of them must make
    // theirs with the same plan. `padded` as in Parameters. Reads model.from where it is set.
    static Result<std::unique_ptr<RankModel>> make(const RunPlan& plan, Group& group,
                                                   std::int64_t padded, c10::Device device);

    Parameters& parameters() { return parameters_; }
    const Parameters& parameters() const { return parameters_; }
    at::TensorOptions tensors() const { return tensors_; }  // of activations

    // Of a batch that is the same on all ranks of the group: scale * the summed loss of the labels
    // of this rank's tokens, plus balanceScale * its part of the routers' loss, where that is not 0.
    // As Transformer::loss.
    at::Tensor loss(const TokenBatch& batch, const BatchPlace& place, double scale,
                    double balanceScale = 0);

    // How many of this rank's own tokens used each expert, (layers with experts, experts) int64,
    // over all calls of loss() since the last of these; not defined where there are no experts.
    at::Tensor takeExpertUse();

    // What the last layer gives for the tokens this rank holds, (B, n, hidden), without a graph;
    // and the logits of rows of it.
    at::Tensor hidden(const TokenBatch& batch, const BatchPlace& place);
    at::Tensor logits(const at::Tensor& rows) const { return model_.logits(rows); }

private:
    RankModel(const RunPlan& plan, Group& group, InitialValues initial, std::int64_t padded,
              c10::Device device);

    Result<void> makeAttention();
    RotaryTable rotaryOf(const TokenShard& shard) const;
    at::Tensor ownRows(std::int64_t rows, std::int64_t tokens) const;
    TokenTensors shardOf(const TokenBatch& batch);
    AttentionCall callFor(const BatchPlace& place, const TokenBatch& batch,
                          const AttentionPart& part) const;
    Attend attendFor(const BatchPlace& place, const TokenBatch& batch) const;

    RunPlan plan_;
    Group& group_;
    c10::Device device_;
    at::TensorOptions tensors_;
    Parameters parameters_;
    Transformer model_;
    std::vector<std::unique_ptr<Attention>> attention_;  // of each of the plan's parts
    RotaryTable rotary_;    // the same for every batch without documents
    at::Tensor expertUse_;  // as takeExpertUse() gives it
};

}  // namespace ringscope
