// A model that goes on with a text: it reads a prompt in one forward pass, under a mode where ranks
// share it, and then takes one token at a time. No gradients.
//
//     RINGSCOPE_TRY(auto model, CachedModel::make(config, ranks, device));
//     RINGSCOPE_TRY(at::Tensor logits, model->prefill(prompt, {.more = 100}));   // (1, vocabulary)
//     RINGSCOPE_TRY(logits, model->decode({token}));
//
// The prompt's keys stay on the ranks that read it, those of later tokens are dealt out in turn. So
// a rank keeps its share of the text; the output of attention is merged from all ranks' parts.
//
// Under attention.pattern a new token attends to the keys that its pattern shows it, and to no
// other: the numbers are those of a pass over the whole text. Of blocks that are chosen by content
// every rank has the sums.
#pragma once

#include "backend/config/run_config.h"
#include "backend/core/result.h"
#include "backend/plan/run_plan.h"
#include "kernels/attention/attention.h"
#include "kernels/attention/key_choice.h"
#include "kernels/comm/group.h"
#include "kernels/data/token_batch.h"
#include "kernels/generate/choice_sums.h"
#include "kernels/generate/key_cache.h"
#include "kernels/generate/latent_rows.h"
#include "kernels/model/parameters.h"
#include "kernels/model/transformer.h"

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace ringscope {

// `config` as generation can honour it: without dropout, replicas and what only training needs.
RunConfig generationConfig(RunConfig config);

class CachedModel {
public:
    struct Room {
        std::int64_t more = 0;   // tokens behind the prompt, at most
        std::int64_t texts = 1;  // that go on from it, each its own way
    };

    // `ranks` must outlive the model; all of them make theirs with the same configuration. Reads
    // model.from where it is set.
    static Result<std::unique_ptr<CachedModel>> make(const RunConfig& config, Group& ranks,
                                                     c10::Device device);

    // Forgets what was read before. Logits of the token behind the prompt, (1, vocabulary): the
    // same on all ranks. All ranks must call it, as decode(). Throws GroupError.
    Result<at::Tensor> prefill(const std::vector<std::int64_t>& prompt, const Room& room);

    // One more token of each text: logits of the next ones, (texts, vocabulary).
    Result<at::Tensor> decode(const std::vector<std::int64_t>& tokens);

    std::int64_t cacheBytes() const;  // of this rank

private:
    using Texts = std::vector<std::vector<std::int64_t>>;

    CachedModel(const RunPlan& plan, Group& ranks, const InitialValues& initial,
                c10::Device device);

    Result<std::unique_ptr<KeyCache>> makeCache(const RunPlan& plan) const;
    Result<at::Tensor> read(const Texts& texts);
    Result<std::vector<std::unique_ptr<Attention>>> attentionOf(const RunPlan& plan) const;
    at::Tensor hiddenOf(const RunPlan& plan, const Texts& texts,
                        const std::vector<std::unique_ptr<Attention>>& attention);
    at::Tensor lastRows(const RunPlan& plan, const at::Tensor& hidden) const;
    at::Tensor attendCached(int layer, const at::Tensor& q, const LayerKeys& keys, bool keeps);
    void keep(int layer, const LayerKeys& keys);
    void makeSums();
    void sumOverRanks(int layer, const LayerKeys& keys, const std::vector<std::int64_t>& tokens);
    void addToSums(int layer, const LayerKeys& keys, const std::vector<std::int64_t>& tokens);
    KeyChoice choose(int layer, const at::Tensor& q, const LayerKeys& keys);
    BlockOutput attendHeld(int layer, const at::Tensor& q, const KeyChoice& choice) const;
    BlockOutput attendRuns(int layer, const at::Tensor& q, const LatentRows* expand,
                           const KeyChoice& choice) const;
    BlockOutput attendRows(int layer, const at::Tensor& q, const std::vector<SlotRun>& runs,
                           const ScoreRules& rules, const KeyChoice& choice) const;
    AttentionCall callOf(int layer) const;
    bool mustReadAgain() const;
    std::int64_t length() const { return std::ssize(texts_.front()); }

    RunConfig config_;
    std::vector<LayerKind> layers_;
    std::vector<int> partOfLayer_;
    Group& ranks_;
    c10::Device device_;
    at::TensorOptions tensors_;
    Parameters parameters_;
    Transformer model_;
    std::vector<LatentRows> latents_{};  // of each layer, with latent attention

    Room room_{};
    Texts texts_{};  // one while all texts are the prompt alone
    std::int64_t promptTokens_ = 0;
    std::int64_t readTokens_ = 0;  // with the angles of that length
    Pattern pattern_{};            // as the prompt was read
    std::unique_ptr<KeyCache> cache_{};
    std::optional<ChoiceSums> sums_{};  // a text's blocks behind the other's, where tokens choose
    std::int64_t blocksOfText_ = 0;
};

}  // namespace ringscope
