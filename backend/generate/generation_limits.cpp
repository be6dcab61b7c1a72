#include "backend/generate/generation_limits.h"

#include <fmt/format.h>

namespace ringscope {

Result<void> checkGeneration(const RunConfig& config, std::int64_t tokens) {
    if (!config.attention.causal)
        return Error{ErrorCode::InvalidConfig,
                     "this model's tokens see later ones (attention.causal: false), so it cannot "
                     "go on with a text; take a causal model"};
    if (config.attention.pattern.kind != PatternKind::None)
        return Error{ErrorCode::InvalidConfig,
                     fmt::format("this model attends by a pattern (attention.pattern.kind {}), and "
                                 "cached keys are read without one, which would be another model; "
                                 "generate from a model of attention.pattern.kind none",
                                 nameOf(config.attention.pattern.kind))};
    const ModelConfig& model = config.model;
    if (model.position == PositionKind::Learned && tokens > model.positions)
        return Error{ErrorCode::InvalidConfig,
                     fmt::format("the model has {} learned positions, and prompt and new tokens "
                                 "need {}; ask for fewer tokens or give less of a prompt",
                                 model.positions, tokens)};
    return {};
}

}  // namespace ringscope
