// A model that goes on with many texts at once, each at its own length. One forward pass takes the
// next tokens of all of them: one of a text that is being made, a part of a prompt that is still to
// be read.
//
//     const std::optional<int> text = model->begin(prompt + more);      // room in the cache
//     model->step({{.text = *text, .tokens = prompt, .length = 5, .wantsLogits = true}, …});
//     model->end(*text);
//
// Weights are read once for all tokens of a pass. What attention gives for a text is that of its
// own keys alone, to the bit; products of matrices may round differently with more rows. Under
// attention.pattern a token attends to the keys that its pattern shows it.
//
// Ranks may share the cache: the keys of a text's tokens are dealt to them in turn, every rank
// computes every token, and attends to the keys that it has. Rank 0 calls the functions above; the
// others do what it did, until it calls endRounds():
//
//     while (model->follow()) {}
#pragma once

#include "backend/config/run_config.h"
#include "backend/core/result.h"
#include "backend/core/units.h"
#include "backend/plan/run_plan.h"
#include "kernels/attention/key_choice.h"
#include "kernels/block/cpu/row_attention.h"
#include "kernels/comm/group.h"
#include "kernels/generate/batch_round.h"
#include "kernels/generate/choice_sums.h"
#include "kernels/generate/latent_rows.h"
#include "kernels/generate/text_pages.h"
#include "kernels/model/parameters.h"
#include "kernels/model/transformer.h"

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ringscope {

// `cache` and what follows from it, longest() and capacity(), are larger by the ranks that share.
struct BatchLimits {
    int texts = 64;                   // at once
    std::int64_t tokensOfPart = 256;  // that a step takes of a text, at most
    std::int64_t longest = 0;  // tokens of a text; 0: as many as the model and the cache allow
    Bytes cache{};             // of keys and values of all texts, on a rank
};

class BatchModel {
public:
    using Part = TextPart;  // tokensOfPart tokens at most

    // Reads model.from. Allocates the cache, once. Fails where it has no room for a page of a text.
    // `ranks`: that share the cache; all make their model with the same configuration and limits.
    // It must outlive the model; null: one rank. How `config` splits a sequence is not asked.
    static Result<std::unique_ptr<BatchModel>> make(const RunConfig& config, c10::Device device,
                                                    const BatchLimits& limits,
                                                    Group* ranks = nullptr);

    // Room for a text of at most `tokens` tokens, until end(). Nothing: there is none now; a text
    // of up to longest() tokens finds it when others have ended.
    //
    // `names`: namesOf() its first tokens. Where an earlier text began alike, has() of them need
    // not be read: whole pages, fewer tokens than these.
    std::optional<int> begin(std::int64_t tokens, const std::vector<std::string>& names = {});
    // None of models whose keys depend on more than the tokens before them: a window's pages,
    // angles by length, blocks that are chosen.
    std::vector<std::string> namesOf(std::span<const std::int64_t> prompt) const;
    std::int64_t has(int text) const;
    void end(int text);

    // Logits of the parts that want them, in their order: (parts, vocabulary). Tokens of a text
    // must come in the order of their positions, from has() on; from 0 again, the text is read
    // anew.
    at::Tensor step(const std::vector<Part>& parts);

    // On all ranks but 0: takes part in rank 0's next step. Returns false when no more will come.
    // Throws GroupError, as step() does with several ranks.
    bool follow();
    // On rank 0; nothing to do where it is alone. A round without a step keeps the others from
    // taking it for dead; call it where no step is due for minutes.
    void idleRound() { tellRound({}); }
    void endRounds() { tellRound({.isLast = true}); }

    std::int64_t longest() const { return longest_; }
    std::int64_t tokensOfPart() const { return limits_.tokensOfPart; }
    std::int64_t capacity() const;  // tokens of all texts
    std::int64_t used() const;      // of them, what texts have room for
    std::int64_t kept() const;      // and those of earlier texts, whose room is free
    Bytes cacheBytes() const;

    // A text that was read up to this length at most must be read anew when it becomes longer: its
    // keys have the angles of a short text. Nothing: there is no such length.
    std::optional<std::int64_t> rereadBeyond() const;

private:
    // Of layers of one kind.
    struct Pool {
        AttentionMask mask{};
        PagePool pages{0};
        std::int64_t pagesOfText = 0;  // at most; 0: as its tokens need
    };
    struct LayerCache {
        at::Tensor k{};  // (slots, heads, columns); latents (slots, 1, columns)
        at::Tensor v{};
    };
    // What all layers of a kind need to know of a step.
    struct PoolStep {
        at::Tensor slots{};  // of all tokens of the step that this rank keeps
        at::Tensor kept{};   // their rows in the step; undefined: all
        std::vector<RowQuery> rows{};
        struct Stretch {
            std::size_t part = 0;
            TokenSpan tokens{};           // of the step
            at::Tensor slots{};           // of the keys they see
            std::vector<Block> blocks{};  // of these tokens and keys
        };
        std::vector<Stretch> stretches{};
        // Where tokens choose: of each part, its tokens, and where the sums of its text's blocks
        // are; and where the tokens of the step count.
        struct Choosing {
            int text = 0;
            TokenSpan rows{};    // of the step
            TokenSpan tokens{};  // of the text
            at::Tensor sums{};
        };
        std::vector<Choosing> choosing{};
        at::Tensor sums{};
    };
    using Choices = std::vector<KeyChoice>;  // of each part; none where tokens do not choose

    BatchModel(const RunPlan& plan, const InitialValues& initial, c10::Device device,
               const BatchLimits& limits, Group* ranks);

    bool isShared() const { return ranks_ != nullptr && ranks_->size() > 1; }
    void tellRound(BatchRound round);
    // The same numbers on all ranks: those of rank 0, where `told` has them.
    std::vector<std::int64_t> shared(const std::vector<std::int64_t>& told, std::int64_t count);
    at::Tensor compute(const std::vector<Part>& parts);
    std::int64_t tokensOfAllPages() const { return tokensOfPage * deal_.ranks; }  // one a rank
    void nameFullPages(const Part& part);

    Result<void> makeCache();
    std::int64_t bytesOfPage(std::size_t pool) const;
    std::int64_t pagesOf(const Pool& pool, std::int64_t tokens) const;
    PoolStep poolStep(std::size_t pool, const std::vector<Part>& parts, std::int64_t rows) const;
    PoolStep::Stretch stretchOf(std::size_t pool, const Part& part, const TokenSpan& keys) const;
    void makeSums();
    std::int64_t sumsOfPage() const;
    at::Tensor sumPlaces(std::size_t pool, int text, std::int64_t blocks) const;
    void addChoosing(std::size_t pool, const std::vector<Part>& parts, PoolStep& step);
    TokenTensors tensorsOf(const std::vector<Part>& parts) const;
    RotaryTable rotaryOf(const std::vector<Part>& parts) const;
    at::Tensor attend(int layer, const at::Tensor& q, const LayerKeys& keys, const PoolStep& step);
    void keep(int layer, const LayerKeys& keys, const PoolStep& step);
    Choices choose(int layer, const at::Tensor& q, const LayerKeys& keys, const PoolStep& step);
    std::vector<RowQuery> rowsOf(int layer, const PoolStep& step, const Choices& choices) const;
    BlockOutput attendRows(int layer, const at::Tensor& q, const std::vector<RowQuery>& rows) const;
    BlockOutput attendStretch(int layer, const at::Tensor& q, const PoolStep::Stretch& stretch,
                              const KeyChoice& choice) const;

    RunConfig config_;
    std::vector<LayerKind> layers_;
    std::vector<int> partOfLayer_;
    c10::Device device_;
    at::TensorOptions tensors_;
    BatchLimits limits_;
    Group* ranks_;
    TokenDeal deal_{};
    std::vector<TextRoom> begun_{};  // since the last round
    Parameters parameters_;
    Transformer model_;
    std::vector<LatentRows> latents_{};  // of each layer, with latent attention

    Pattern pattern_{};
    std::int64_t longest_ = 0;
    std::vector<Pool> pools_{};
    std::vector<LayerCache> caches_{};
    std::optional<ChoiceSums> sums_{};  // where tokens choose: sumsOfPage() for each page
    std::vector<std::vector<std::vector<std::int64_t>>> pages_{};  // of text and pool; empty: free

    // What a text's pages hold so far.
    struct Beginning {
        std::int64_t fullPages = 0;
        std::string name{};                  // of the last of them
        std::vector<std::int64_t> tokens{};  // behind it
    };
    bool namesPages_ = false;
    std::vector<Beginning> beginnings_{};  // of text
};

}  // namespace ringscope
