#include "backend/model/families/experts.h"
#include "backend/model/families/families.h"
#include "backend/model/families/parts.h"
#include "backend/model/rope_keys.h"

#include <fmt/format.h>

namespace ringscope {
namespace {

// What the activation is cut at, and what its sigmoid is of.
void requireNumber(ConfigKeys& keys, std::string_view key, double usual) {
    const double number = keys.number(key, usual);
    if (number != usual)
        keys.refuse(key,
                    fmt::format("is {}, which cannot be computed; only {} can", number, usual));
}

}  // namespace

void readGptOss(ConfigKeys& keys, ModelDescription& description) {
    ModelConfig& model = description.model;
    readUsualSizes(keys, {.normEps = 1e-5}, model);
    if (!keys.has("head_dim")) keys.refuse("head_dim", "is missing; it is 64 in most models");
    readHeads(keys, model);
    model.qkvBias = keys.flag("attention_bias", true);
    model.outputBias = model.qkvBias;
    model.attentionSinks = true;
    if (!keys.has("rope_parameters") && !keys.has("rope_scaling"))
        keys.refuse("rope_scaling", "is missing; its type is yarn in most models");
    readRope(keys, {.theta = 150000}, model);
    keys.sizeIfAny("initial_context_length");  // what rope_scaling says, by the maker's name

    static constexpr std::string_view activations[] = {"silu"};
    keys.requireWord("hidden_act", activations);
    model.ffn = FeedForwardKind::SwigluClamped;
    model.ffnBias = true;
    requireNumber(keys, "swiglu_alpha", clampedSlope);
    requireNumber(keys, "swiglu_limit", clampedLimit);
    readExperts(keys, {.countKey = "num_local_experts", .sizeKey = "intermediate_size"}, model);
    model.experts.normalized = true;  // its softmax is over the chosen ones
    const std::int64_t again = keys.size("experts_per_token", model.experts.perToken);
    if (again != model.experts.perToken)
        keys.refuse("experts_per_token", fmt::format("is {} and num_experts_per_tok is {}; keep "
                                                     "the one that is meant",
                                                     again, model.experts.perToken));
    readWindowsInTurns(keys, description);
}

}  // namespace ringscope
