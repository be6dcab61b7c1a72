#include "backend/core/plain_text.h"
#include "backend/model/families/experts.h"
#include "backend/model/families/families.h"
#include "backend/model/families/parts.h"
#include "backend/model/rope_keys.h"

#include <fmt/format.h>
#include <cmath>

namespace ringscope {
namespace {

constexpr WholeRange latentRange{1, 1 << 16};
constexpr WholeRange partRange{1, 1 << 12};

void readLatent(ConfigKeys& keys, ModelConfig& model) {
    model.attention = AttentionKind::Mla;
    LatentConfig& latent = model.latent;
    latent.querySize = keys.sizeIfAny("q_lora_rank", latentRange).value_or(0);
    latent.size = keys.size("kv_lora_rank", {}, latentRange);
    latent.plainSize = keys.size("qk_nope_head_dim", {}, partRange);
    latent.rotarySize = keys.size("qk_rope_head_dim", {}, partRange);
    latent.valueSize = keys.size("v_head_dim", {}, partRange);
    model.kvHeads = keys.size("num_key_value_heads", model.heads, {1, 1 << 14});
    if (model.kvHeads != model.heads)
        keys.refuse("num_key_value_heads", fmt::format("is {}; latent attention has as many as "
                                                       "heads, {}",
                                                       model.kvHeads, model.heads));
    // Written by newer versions, and never read.
    keys.sizeIfAny("head_dim", partRange);
    keys.sizeIfAny("qk_head_dim", partRange);
    model.qkvBias = keys.flag("attention_bias", false);
    model.outputBias = model.qkvBias;
}

void readLatentRope(ConfigKeys& keys, bool interleaved, ModelDescription& description) {
    ModelConfig& model = description.model;
    const RopeExtra extra = readRope(keys, {}, model);
    model.rope.interleaved = interleaved;
    if (model.rope.fraction != 1)
        keys.refuse("partial_rotary_factor",
                    "is told by qk_rope_head_dim in this family; take it out");
    if (!extra.scaled || extra.scaleOfAll == 0) return;
    const double larger = yarnScale(model.rope.factor, extra.scaleOfAll);
    description.attention.scale = larger * larger / std::sqrt(static_cast<double>(model.headDim()));
}

void readDeepExperts(ConfigKeys& keys, ModelDescription& description) {
    ModelConfig& model = description.model;
    std::vector<LayerKind> kinds = plainKinds(model);
    const bool any = keys.has("n_routed_experts");
    const std::int64_t dense = keys.size("first_k_dense_replace", 0, {0, 1 << 16});
    if (keys.size("moe_layer_freq", 1) != 1)
        keys.refuse("moe_layer_freq", "must be 1; layers with experts in turns are not computed");
    if (any) {
        if (model.ffnBias)
            keys.refuse("mlp_bias", "is true, and experts of this family have no biases");
        readExperts(keys, {.countKey = "n_routed_experts", .sizeKey = "moe_intermediate_size"},
                    model);
        model.experts.sharedSize =
            keys.size("n_shared_experts", 0, {0, 1 << 8}) * model.experts.size;
        model.experts.scale = keys.number("routed_scaling_factor", 1);
    }
    for (std::size_t i = 0; i < kinds.size(); ++i)
        kinds[i].experts = any && static_cast<std::int64_t>(i) >= dense;
    setKinds(kinds, description);
}

// n_group and topk_group; `used` is false where experts are chosen from all of them.
void readGroups(ConfigKeys& keys, bool used, std::int64_t usual, std::int64_t usualBest,
                ModelConfig& model) {
    ExpertConfig& experts = model.experts;
    experts.groups = keys.size("n_group", usual, {1, 1 << 16});
    experts.bestGroups = keys.size("topk_group", usualBest, {1, 1 << 16});
    if (!used || experts.count == 0)
        experts.groups = experts.bestGroups = 1;
    else if (experts.count % experts.groups != 0)
        keys.refuse("n_group", fmt::format("is {}, which does not divide {} experts",
                                           experts.groups, experts.count));
    else if (experts.bestGroups > experts.groups)
        keys.refuse("topk_group",
                    fmt::format("is {}; there are {} groups", experts.bestGroups, experts.groups));
    else if (experts.bestGroups * (experts.count / experts.groups) < experts.perToken)
        keys.refuse("topk_group",
                    fmt::format("{} of {} groups have fewer than the {} experts of "
                                "a token",
                                experts.bestGroups, experts.groups, experts.perToken));
}

void readDeepParts(ConfigKeys& keys, ModelConfig& model) {
    readUsualSizes(keys, {}, model);
    readLatent(keys, model);
    readGatedActivation(keys, model);
}

}  // namespace

void readDeepseekV2(ConfigKeys& keys, ModelDescription& description) {
    ModelConfig& model = description.model;
    readDeepParts(keys, model);
    model.ffnBias = keys.flag("mlp_bias", false);
    readLatentRope(keys, true, description);
    readDeepExperts(keys, description);
    static constexpr std::string_view methods[] = {"greedy", "group_limited_greedy"};
    static constexpr std::string_view scores[] = {"softmax"};
    keys.requireWord("topk_method", methods);
    keys.requireWord("scoring_func", scores);
    if (keys.flag("norm_topk_prob", false))
        keys.refuse("norm_topk_prob",
                    "is true, which the maker's program and transformers compute differently");
    readGroups(keys, keys.word("topk_method", "greedy") != "greedy", 1, 1, model);
}

void readDeepseekV3(ConfigKeys& keys, ModelDescription& description) {
    ModelConfig& model = description.model;
    readDeepParts(keys, model);
    readLatentRope(keys, keys.flag("rope_interleave", true), description);
    readDeepExperts(keys, description);
    static constexpr std::string_view methods[] = {"noaux_tc"};
    static constexpr std::string_view scores[] = {"sigmoid"};
    keys.requireWord("topk_method", methods);
    keys.requireWord("scoring_func", scores);
    ExpertConfig& experts = model.experts;
    readGroups(keys, true, 8, 4, model);
    if (experts.count == 0) return;
    experts.score = ExpertScore::Sigmoid;
    experts.groupScore = GroupScore::BestTwo;
    experts.bias = true;
    experts.normalized = keys.flag("norm_topk_prob", true);
    if (experts.groups > 1 && experts.count / experts.groups < 2)
        keys.refuse("n_group", "leaves one expert in a group, which counts as its two best");
}

}  // namespace ringscope
