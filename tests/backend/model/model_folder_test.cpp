#include "backend/model/model_folder.h"

#include "backend/model/layer_kinds.h"
#include "tests/support/program.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

constexpr std::string_view sizes =
    R"("vocab_size": 64, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3,
 "num_attention_heads": 4, "num_key_value_heads": 2)";

Result<ModelReading> read(std::string_view family, std::string_view keys) {
    return readModelConfig(fmt::format("{{\"model_type\": \"{}\", {}{}{}}}", family, sizes,
                                       keys.empty() ? "" : ",\n", keys),
                           "c");
}

std::string problemOf(std::string_view family, std::string_view keys) {
    const Result<ModelReading> reading = read(family, keys);
    return reading.ok() ? "" : reading.error().message;
}

TEST(ModelFolder, ReadsAPlainLlama) {
    const ModelReading reading = read("llama", R"("use_cache": true, "bos_token_id": 1)").value();
    const ModelConfig& model = reading.description.model;
    EXPECT_EQ(reading.family->type, "llama");
    EXPECT_EQ(model.hiddenSize, 32);
    EXPECT_EQ(model.kvHeads, 2);
    EXPECT_EQ(model.headDim(), 8);
    EXPECT_EQ(model.normEps, 1e-6);
    EXPECT_EQ(model.rope.theta, 10000);
    EXPECT_FALSE(model.tiedHead);
    EXPECT_EQ(reading.ignored, (std::vector<std::string>{"use_cache", "bos_token_id"}));
}

TEST(ModelFolder, RefusesKeysThatMayChangeTheMathematics) {
    EXPECT_EQ(problemOf("llama", R"("residual_multiplier": 0.22)"),
              "'c': 3:24: residual_multiplier is no known key of llama and may change what the "
              "model computes; take it out where it does not");
    EXPECT_EQ(problemOf("llama", R"("residual_multiplier": null, "_own": 1, "pruned_heads": {})"),
              "");
    EXPECT_EQ(problemOf("qwen2", R"("hidden_act": "relu")"),
              "'c': 3:15: hidden_act is 'relu', which cannot be computed; silu and "
              "gelu_pytorch_tanh can");
    EXPECT_EQ(problemOf("llama", R"("is_encoder_decoder": true)"),
              "'c': 3:23: is_encoder_decoder is true, which cannot be computed; only false can");
}

// Scores of each layer would have a scale of their own.
TEST(ModelFolder, RefusesScalesThatDifferFromLayerToLayer) {
    const std::string_view keys = R"({"model_type": "gpt2", "vocab_size": 9, "n_embd": 8,
 "n_layer": 2, "n_head": 2, "n_positions": 16, "scale_attn_by_inverse_layer_idx": true})";
    EXPECT_EQ(readModelConfig(std::string(keys), "c").error().message,
              "'c': 2:83: scale_attn_by_inverse_layer_idx is true, which cannot be computed; only "
              "false can");
}

TEST(ModelFolder, SaysWhatAValueMustBe) {
    EXPECT_EQ(problemOf("llama", R"("tie_word_embeddings": 1)"),
              "'c': 3:24: tie_word_embeddings must be true or false; got '1'");
    EXPECT_EQ(problemOf("llama", R"("rms_norm_eps": "small")"),
              "'c': 3:17: rms_norm_eps must be a number above 0; got 'small'");
    EXPECT_EQ(problemOf("llama", R"("head_dim": 8.5)"),
              "'c': 3:13: head_dim must be a whole number of 1 to 4096; got '8.5'");
    EXPECT_EQ(problemOf("llama", R"("rope_scaling": [1])"),
              "'c': 3:17: rope_scaling must be an object; got a list of 1");
    EXPECT_EQ(problemOf("qwen2", R"("layer_types": [1, 2, 3])"),
              "'c': 3:16: layer_types must be a list of texts; got '1'");
}

TEST(ModelFolder, SaysWhichKeyIsMissing) {
    EXPECT_EQ(readModelConfig(R"({"model_type": "llama"})", "c").error().message,
              "'c': 1:1: vocab_size is missing; the model cannot be told without it");
    EXPECT_TRUE(readModelConfig("{}", "c").error().message.starts_with(
        "'c': model_type is missing, which says what the other keys mean; known are llama, "));
}

TEST(ModelFolder, NamesTheFamiliesThatAreKnown) {
    const std::string message = problemOf("lama", "");
    EXPECT_TRUE(message.starts_with(
        "'c': models of the type 'lama' are not known, did you mean 'llama'?; known are llama, "))
        << message;
}

TEST(ModelFolder, SaysWhereTheJsonIsBroken) {
    EXPECT_EQ(readModelConfig("{\n \"a\": 1,\n}", "c").error().message,
              "'c': 3:1: expected a text in quotes");
    EXPECT_EQ(readModelConfig("[]", "c").error().message,
              "'c': must be one object with the keys of a model");
    EXPECT_FALSE(readModelConfig(std::string((1U << 20) + 1, ' '), "c").ok());
}

// transformers lets a query see itself and sliding_window - 1 tokens before it.
TEST(ModelFolder, CountsTheKeysBeforeAQueryAsItsWindow) {
    const ModelDescription mistral =
        read("mistral", R"("sliding_window": 4096)").value().description;
    EXPECT_EQ(mistral.attention.window, 4095);
    EXPECT_TRUE(mistral.model.layerPattern.empty());
    EXPECT_EQ(read("mistral", R"("sliding_window": null)")->description.attention.window,
              std::nullopt);
    EXPECT_EQ(problemOf("mistral", R"("sliding_window": 1)"),
              "'c': 3:19: sliding_window must be a whole number of 2 to 2147483648; got '1'");
}

TEST(ModelFolder, ReadsWhichLayersHaveAWindow) {
    using Pattern = std::vector<std::string>;
    const auto pattern = [](std::string_view family, std::string_view keys) {
        const Result<ModelReading> reading = read(family, keys);
        return reading.ok() ? reading->description.model.layerPattern
                            : Pattern{reading.error().message};
    };
    EXPECT_EQ(pattern("qwen2", R"("use_sliding_window": true, "sliding_window": 8,
        "max_window_layers": 1)"),
              (Pattern{"full", "window*2"}));
    EXPECT_EQ(pattern("qwen2", R"("use_sliding_window": false, "sliding_window": 8,
        "max_window_layers": 1)"),
              Pattern{});
    EXPECT_EQ(pattern("gemma2", R"("sliding_window": 8, "head_dim": 8)"),
              (Pattern{"window", "full"}));
    EXPECT_EQ(pattern("qwen3", R"("head_dim": 8, "use_sliding_window": true, "sliding_window": 8,
        "layer_types": ["sliding_attention", "full_attention", "sliding_attention"])"),
              (Pattern{"window", "full"}));
    EXPECT_EQ(problemOf("qwen2", R"("layer_types": ["full_attention"])"),
              "'c': 3:16: layer_types names 1 layers; num_hidden_layers is 3");
    EXPECT_EQ(
        problemOf("qwen2", R"("layer_types": ["full_attention", "chunked", "full_attention"])"),
        "'c': 3:16: layer_types names 'chunked', which cannot be computed; full_attention "
        "and sliding_attention can");
    EXPECT_EQ(problemOf("mistral", R"("sliding_window": 8,
 "layer_types": ["sliding_attention", "full_attention", "sliding_attention"])"),
              "'c': 4:17: layer_types has windows in some layers, which no model of this family "
              "computes");
    EXPECT_NE(problemOf("qwen2", R"("use_sliding_window": false, "sliding_window": 8,
 "layer_types": ["sliding_attention", "full_attention", "sliding_attention"])"),
              "");
}

TEST(ModelFolder, ReadsWhichLayersHaveExperts) {
    const std::string experts =
        R"("num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 8, "head_dim": 8)";
    const ModelConfig each = read("qwen3_moe", experts)->description.model;
    EXPECT_TRUE(each.layerPattern.empty());
    EXPECT_EQ(each.experts.count, 4);
    const ModelConfig some =
        read("qwen3_moe", experts + R"(, "decoder_sparse_step": 1, "mlp_only_layers": [0])")
            ->description.model;
    EXPECT_EQ(layerKinds(some, {}).value(),
              (std::vector<LayerKind>{{.experts = false}, {.experts = true}, {.experts = true}}));
    EXPECT_EQ(problemOf("qwen3_moe", R"("num_experts": 4, "num_experts_per_tok": 5,
 "moe_intermediate_size": 8, "head_dim": 8)"),
              "'c': 3:42: num_experts_per_tok is 5; there are 4 experts");
}

TEST(ModelFolder, ReadsWhatGemmaDoesOtherwise) {
    const ModelDescription gemma = read("gemma2", R"("head_dim": 8, "query_pre_attn_scalar": 16,
        "final_logit_softcapping": 30.0, "attn_logit_softcapping": 50.0)")
                                       .value()
                                       .description;
    EXPECT_EQ(gemma.attention.scale, 0.25);
    EXPECT_EQ(gemma.attention.softcap, 50);
    EXPECT_EQ(gemma.model.logitSoftcap, 30);
    EXPECT_TRUE(gemma.model.gainFromOne);
    EXPECT_TRUE(gemma.model.tiedHead);
    EXPECT_EQ(gemma.model.normPlace, NormPlace::Both);
    EXPECT_NEAR(gemma.model.embeddingScale, 5.656854249, 1e-9);
    EXPECT_EQ(
        read("gemma2", R"("head_dim": 8, "query_pre_attn_scalar": 8)")->description.attention.scale,
        std::nullopt);
    // The first files of Gemma say gelu and mean its tanh form.
    EXPECT_EQ(read("gemma", R"("head_dim": 8, "hidden_act": "gelu")")->description.model.ffn,
              FeedForwardKind::Geglu);
}

constexpr std::string_view deepKeys =
    R"("kv_lora_rank": 12, "qk_nope_head_dim": 8, "qk_rope_head_dim": 4, "v_head_dim": 6,
 "q_lora_rank": null, "num_key_value_heads": 4, "n_routed_experts": 8, "num_experts_per_tok": 2,
 "moe_intermediate_size": 5, "n_shared_experts": 2, "n_group": 4, "topk_group": 2)";

Result<ModelReading> readDeep(std::string_view family, std::string_view keys) {
    return readModelConfig(fmt::format(R"({{"model_type": "{}", "vocab_size": 64, "hidden_size": 32,
 "intermediate_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4,
 {}{}{}}})",
                                       family, deepKeys, keys.empty() ? "" : ",\n", keys),
                           "c");
}

TEST(ModelFolder, ReadsLatentAttention) {
    const ModelDescription deep = readDeep("deepseek_v3", R"("first_k_dense_replace": 1,
 "rope_scaling": {"type": "yarn", "factor": 40, "mscale": 1.0, "mscale_all_dim": 1.0,
   "original_max_position_embeddings": 4096})")
                                      .value()
                                      .description;
    const ModelConfig& model = deep.model;
    EXPECT_EQ(model.headDim(), 12);
    EXPECT_EQ(model.valueDim(), 6);
    EXPECT_EQ(model.latent.querySize, 0);
    EXPECT_TRUE(model.rope.interleaved);
    EXPECT_EQ(model.rope.attentionFactor, 1);
    // (0.1 ln 40 + 1)² / sqrt(12)
    EXPECT_NEAR(deep.attention.scale.value(), 0.540935, 1e-6);
    EXPECT_EQ(model.experts.sharedSize, 10);
    EXPECT_EQ(model.experts.score, ExpertScore::Sigmoid);
    EXPECT_EQ(model.experts.groupScore, GroupScore::BestTwo);
    EXPECT_TRUE(model.experts.bias);
    EXPECT_FALSE(layerKinds(model, deep.attention)->front().experts);
}

TEST(ModelFolder, ChoosesExpertsFromGroupsOnlyWhereTheFamilyDoes) {
    const auto groups = [](std::string_view method) {
        return readDeep("deepseek_v2", fmt::format(R"("topk_method": "{}")", method))
            ->description.model.experts.groups;
    };
    EXPECT_EQ(groups("greedy"), 1);
    EXPECT_EQ(groups("group_limited_greedy"), 4);
    EXPECT_FALSE(readDeep("deepseek_v2", R"("topk_method": "noaux_tc")").ok());
    EXPECT_FALSE(readDeep("deepseek_v2", R"("norm_topk_prob": true)").ok());
    EXPECT_FALSE(readDeep("deepseek_v3", R"("scoring_func": "softmax")").ok());
    EXPECT_FALSE(readDeep("deepseek_v3", R"("moe_layer_freq": 2)").ok());
}

// The maker's file, and what of it cannot be otherwise.
TEST(ModelFolder, ReadsGptOss) {
    const std::string keys = R"("head_dim": 8, "num_local_experts": 4, "num_experts_per_tok": 2,
 "experts_per_token": 2, "initial_context_length": 4096, "sliding_window": 8,
 "rope_scaling": {"rope_type": "yarn", "factor": 32, "truncate": false,
 "original_max_position_embeddings": 4096})";
    const ModelDescription description = read("gpt_oss", keys)->description;
    EXPECT_EQ(description.model.layerPattern, (std::vector<std::string>{"window+experts", "full"}));
    EXPECT_EQ(description.attention.window, 7);
    EXPECT_EQ(description.model.rope.theta, 150000);
    EXPECT_EQ(description.model.ffn, FeedForwardKind::SwigluClamped);
    EXPECT_TRUE(description.model.attentionSinks && description.model.ffnBias);
    EXPECT_EQ(problemOf("gpt_oss", keys + R"(, "swiglu_limit": 5)"),
              "'c': 6:61: swiglu_limit is 5, which cannot be computed; only 7 can");
    EXPECT_NE(problemOf("gpt_oss", keys + R"(, "hidden_act": "relu")"), "");
    EXPECT_NE(problemOf("gpt_oss", R"("head_dim": 8, "num_local_experts": 4,
 "num_experts_per_tok": 2)"),
              "");
}

// Keys that stand in files of the hub, and that no program of the family reads any more.
TEST(ModelFolder, KnowsTheKeysOfPublishedFiles) {
    EXPECT_EQ(problemOf("phi3", R"("full_attn_mod": 1, "interpolate_factor": 1,
 "lm_head_bias": false, "mlp_bias": false, "embd_pdrop": 0.0, "attention_bias": false)"),
              "");
    EXPECT_NE(problemOf("phi3", R"("interpolate_factor": 2)"), "");
    EXPECT_EQ(problemOf("llama", R"("is_llama_config": true, "rope_interleaved": false,
 "pretraining_tp": 4, "transformers.js_config": {"kv_cache_dtype": {"fp16": "float16"}})"),
              "");
    EXPECT_EQ(problemOf("gemma2", R"("head_dim": 8, "hidden_act": "gelu_pytorch_tanh",
 "hidden_activation": "gelu_pytorch_tanh", "cache_implementation": "hybrid",
 "sliding_window": 8, "sliding_window_size": 8)"),
              "");
    EXPECT_TRUE(readModelConfig(R"({"model_type": "gpt_neox", "vocab_size": 64, "hidden_size": 32,
 "intermediate_size": 48, "num_hidden_layers": 3, "num_attention_heads": 2, "rotary_pct": 0.25,
 "rotary_emb_base": 10000, "hidden_act": "gelu_fast", "attention_probs_dropout_prob": 0})",
                                "c")
                    .ok());
    EXPECT_TRUE(readModelConfig(R"({"model_type": "gpt2", "vocab_size": 64, "n_embd": 32,
 "n_layer": 2, "n_head": 2, "n_positions": 16, "n_ctx": 16, "n_special": 0, "output_past": true,
 "predict_special_tokens": true, "task_specific_params": {"text-generation": {"max_length": 50}}})",
                                "c")
                    .ok());
}

TEST(ModelFolder, SaysWhatIsNotThere) {
    const test::TemporaryFolder folder;
    const Result<ModelDescription> reading = readModelFolder(folder.path());
    ASSERT_FALSE(reading.ok());
    EXPECT_EQ(reading.error().code, ErrorCode::NotFound);
    EXPECT_EQ(reading.error().message, fmt::format("cannot read '{}/config.json': No such file or "
                                                   "directory",
                                                   folder.path().string()));
}

}  // namespace
}  // namespace ringscope
