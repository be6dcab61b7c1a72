// The model as one rank of a run holds it: its parameters, and attention under the plan's mode.
#pragma once

#include "backend/core/result.h"
#include "backend/model/parameter_share.h"
#include "backend/plan/run_plan.h"
#include "kernels/attention/attention.h"
#include "kernels/comm/group.h"
#include "kernels/data/token_batch.h"
#include "kernels/model/parameters.h"
#include "kernels/model/transformer.h"
#include "kernels/train/activation_files.h"
#include "kernels/train/record_file.h"
#include "kernels/train/shared_part.h"
#include "kernels/train/unit_memory.h"

#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ringscope {

// Which batch of a run: what dropout depends on.
struct BatchPlace {
    std::int64_t step = 0;
    std::int64_t number = 0;
};

// Of the model's parameters: those of model.from where it is set, else of the run's seed. Where
// that is an adapter's folder and the run trains no adapter, it is merged into them. Fails where
// the folder cannot be read or holds another model than the plan's.
Result<InitialValues> initialValuesOf(const RunPlan& plan);

// A label of a batch, and whether no other token was likelier.
struct Guess {
    std::int64_t row = 0;
    std::int64_t token = 0;  // of the sequence, whose next one is the label
    bool right = false;
};
using SeeGuess = std::function<void(const Guess&)>;

class RankModel {
public:
    // `ranks`: all of the plan; it must outlive the model. All of them must make theirs with the
    // same plan. Reads model.from where it is set. Throws GroupError where ranks cannot connect.
    static Result<std::unique_ptr<RankModel>> make(const RunPlan& plan, Group& ranks,
                                                   c10::Device device);

    // What this rank holds: where ranks share experts, its share, in the share's order.
    Parameters& parameters() { return parameters_; }
    const Parameters& parameters() const { return parameters_; }
    // One for each part of the share; all ranks use them in the same order.
    std::vector<std::unique_ptr<SharedPart>>& parts() { return parts_; }

    // Scalars [begin, begin + count) of all parameters of the model, in the order of
    // heldParameters(), from a buffer of this rank's; 0 where it does not hold them.
    at::Tensor placed(const at::Tensor& buffer, std::int64_t begin, std::int64_t count) const;

    // Calls body(parameter, scalar of this rank's, element of the parameter, count) for what
    // `part` of this rank's parameters is in the whole model.
    void forEachOwned(BufferPart part,
                      const std::function<void(const std::string&, std::int64_t, std::int64_t,
                                               std::int64_t)>& body) const;

    // The values of all parameters in that order, on the CPU; of those from scalar `first` on. All
    // ranks must call it.
    at::Tensor wholeValues(std::int64_t first = 0);

    at::TensorOptions tensors() const { return tensors_; }  // of activations

    // Of a batch that is the same on all ranks that share sequences: scale * the summed loss of the
    // labels of this rank's tokens, plus balanceScale * its part of the routers' loss, where that
    // is not 0. As Transformer::loss. After its backward pass, endBackward() must be called.
    at::Tensor loss(const TokenBatch& batch, const BatchPlace& place, double scale,
                    double balanceScale = 0);
    void endBackward();
    // After the parts' values were changed: what is written behind is on the disk.
    void endUpdate();

    // The summed negative log-likelihoods of the labels of this rank's tokens, without a graph and
    // without dropout. It counts no use of experts. `see`, where there is one, is called for each
    // of these labels.
    double likelihoods(const TokenBatch& batch, const BatchPlace& place, const SeeGuess& see = {});

    // How many of this rank's own tokens used each expert, (layers with experts, experts) int64,
    // over all calls of loss() since the last of these; not defined where there are no experts.
    at::Tensor takeExpertUse();

    // What the last layer gives for the tokens this rank holds, (B, n, hidden), without a graph;
    // and the logits of rows of it.
    at::Tensor hidden(const TokenBatch& batch, const BatchPlace& place);
    at::Tensor logits(const at::Tensor& rows) const { return model_.logits(rows); }

private:
    // What its parameters begin with.
    struct Beginning {
        InitialValues held;  // of heldParameters()
        std::map<std::string, std::shared_ptr<const FourBitMatrix>> packed;
    };
    static Result<Beginning> beginningOf(const RunPlan& plan, int rank, c10::Device device);
    RankModel(const RunPlan& plan, Group& ranks, Beginning beginning, c10::Device device);

    Result<void> makeAttention();
    Result<void> makeValueFile();
    void makeParts();
    Result<void> makeStore();
    at::Tensor ownRows(const TokenShard& shard) const;
    TokenTensors shardOf(const TokenBatch& batch);
    std::vector<TokenSpan> heldOf(const TokenBatch& batch) const;
    void tellGuesses(const TokenBatch& batch, const TokenTensors& shard,
                     const at::Tensor& likeliest, const SeeGuess& see) const;
    RowDropout adapterDropout(const TokenBatch& batch, const BatchPlace& place) const;
    AttentionCall callFor(const BatchPlace& place, const TokenBatch& batch,
                          const AttentionPart& part) const;
    Attend attendFor(const BatchPlace& place, const TokenBatch& batch, bool drops = true) const;

    RunPlan plan_;
    Group& ranks_;
    Group& group_;                              // that shares sequences
    Group* sharing_;                            // that shares experts, if any does
    std::vector<ParameterSpec> allParameters_;  // that ranks hold: heldParameters()
    ParameterShare share_;
    c10::Device device_;
    at::TensorOptions tensors_;
    Parameters parameters_;
    std::unique_ptr<RecordFile> valueFile_{};  // memory.offload_parameters; a record for each part
    std::vector<std::unique_ptr<SharedPart>> parts_{};
    std::optional<UnitMemory> units_{};               // where ranks divide gradients, or values too
    std::unique_ptr<ActivationFiles> activations_{};  // memory.offload_activations
    Transformer model_;
    std::vector<std::unique_ptr<Attention>> attention_;  // of each of the plan's parts
    RotaryTable rotary_;    // the same for every batch without documents
    at::Tensor expertUse_;  // as takeExpertUse() gives it
};

}  // namespace ringscope
