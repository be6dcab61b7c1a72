#include "backend/generate/generation_limits.h"

#include "backend/plan/patterns/pattern.h"

#include <fmt/format.h>
#include <algorithm>

namespace ringscope {

Result<void> checkGeneration(const RunConfig& config, std::int64_t tokens) {
    if (!config.attention.causal)
        return Error{ErrorCode::InvalidConfig,
                     "this model's tokens see later ones (attention.causal: false), so it cannot "
                     "go on with a text; take a causal model"};
    if (config.model.attention == AttentionKind::Nsa)
        return Error{ErrorCode::InvalidConfig,
                     "this model's attention is native sparse attention (model.attention: nsa), "
                     "whose compressed keys no cache keeps yet; take a model with gqa or mla"};
    const PatternConfig& pattern = config.attention.pattern;
    if (pattern.kind == PatternKind::BlockSparse && pattern.file)
        return Error{ErrorCode::InvalidConfig,
                     fmt::format("this model attends by the blocks of attention.pattern.file '{}', "
                                 "which are those of one length of text, and a text that goes on "
                                 "gets longer; take a model with a pattern that is told by rules",
                                 *pattern.file)};
    RINGSCOPE_CHECK(makePattern(pattern, {.tokens = std::max<std::int64_t>(2, tokens),
                                          .heads = config.model.heads,
                                          .kvHeads = config.model.keyHeads()}));
    const ModelConfig& model = config.model;
    if (model.position == PositionKind::Learned && tokens > model.positions)
        return Error{ErrorCode::InvalidConfig,
                     fmt::format("the model has {} learned positions, and prompt and new tokens "
                                 "need {}; ask for fewer tokens or give less of a prompt",
                                 model.positions, tokens)};
    return {};
}

}  // namespace ringscope
