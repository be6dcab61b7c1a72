#include "backend/model/family_table.h"

#include "backend/model/families/families.h"

#include <algorithm>
#include <array>

namespace ringscope {
namespace {

constexpr auto usualTensorNames = std::to_array<TensorNames>({
    {"embedding", "embed_tokens"},
    {"attention.norm", "input_layernorm"},
    {"attention.qkv", "self_attn.{q_proj|k_proj|v_proj}"},
    {"attention.query_norm", "self_attn.q_norm"},
    {"attention.key_norm", "self_attn.k_norm"},
    {"attention.output", "self_attn.o_proj"},
    {"ffn.norm", "post_attention_layernorm"},
    {"ffn.gate_up", "mlp.{gate_proj|up_proj}"},
    {"ffn.down", "mlp.down_proj"},
    {"ffn.router", "mlp.gate"},
    {"ffn.experts.gate_up", "mlp.experts.*.{gate_proj|up_proj}"},
    {"ffn.experts.down", "mlp.experts.*.down_proj"},
    {"norm", "norm"},
    {"head", "/lm_head"},
});

constexpr auto mixtralNames = std::to_array<TensorNames>({
    {"ffn.router", "block_sparse_moe.gate"},
    {"ffn.experts.gate_up", "block_sparse_moe.experts.*.{w1|w3}"},
    {"ffn.experts.down", "block_sparse_moe.experts.*.w2"},
});

constexpr auto qwen2MoeNames = std::to_array<TensorNames>({
    {"ffn.shared.gate_up", "mlp.shared_expert.{gate_proj|up_proj}"},
    {"ffn.shared.down", "mlp.shared_expert.down_proj"},
    {"ffn.shared.gate", "mlp.shared_expert_gate"},
});

constexpr auto gemma2Names = std::to_array<TensorNames>({
    {"attention.after_norm", "post_attention_layernorm"},
    {"ffn.norm", "pre_feedforward_layernorm"},
    {"ffn.after_norm", "post_feedforward_layernorm"},
});

constexpr auto olmo2Names = std::to_array<TensorNames>({
    {"attention.after_norm", "post_attention_layernorm"},
    {"ffn.after_norm", "post_feedforward_layernorm"},
});

constexpr auto phi3Names = std::to_array<TensorNames>({
    {"attention.qkv", "self_attn.qkv_proj"},
    {"ffn.gate_up", "mlp.gate_up_proj"},
});

constexpr auto gptNeoxNames = std::to_array<TensorNames>({
    {"embedding", "embed_in"},
    {"attention.qkv", "attention.query_key_value", Cut::Heads},
    {"attention.output", "attention.dense"},
    {"ffn.up", "mlp.dense_h_to_4h"},
    {"ffn.down", "mlp.dense_4h_to_h"},
    {"norm", "final_layer_norm"},
    {"head", "/embed_out"},
});

constexpr auto gpt2Names = std::to_array<TensorNames>({
    {"embedding", "wte"},
    {"positions", "wpe"},
    {"attention.norm", "ln_1"},
    {"attention.qkv", "attn.c_attn", Cut::Transposed},
    {"attention.output", "attn.c_proj", Cut::Transposed},
    {"ffn.norm", "ln_2"},
    {"ffn.up", "mlp.c_fc", Cut::Transposed},
    {"ffn.down", "mlp.c_proj", Cut::Transposed},
    {"norm", "ln_f"},
});

constexpr auto deepseekNames = std::to_array<TensorNames>({
    {"attention.query", "self_attn.q_proj"},
    {"attention.query_down", "self_attn.q_a_proj"},
    {"attention.query_norm", "self_attn.q_a_layernorm"},
    {"attention.query_up", "self_attn.q_b_proj"},
    {"attention.latent", "self_attn.kv_a_proj_with_mqa"},
    {"attention.latent_norm", "self_attn.kv_a_layernorm"},
    {"attention.latent_up", "self_attn.kv_b_proj"},
    {"ffn.router.bias", "mlp.gate.e_score_correction_bias"},
    {"ffn.shared.gate_up", "mlp.shared_experts.{gate_proj|up_proj}"},
    {"ffn.shared.down", "mlp.shared_experts.down_proj"},
});

constexpr auto gptOssNames = std::to_array<TensorNames>({
    {"attention.sinks", "self_attn.sinks"},
    {"ffn.router", "mlp.router"},
    {"ffn.router.logits", "mlp.router"},
    {"ffn.experts.gate_up", "mlp.experts.gate_up_proj", Cut::Turns},
    {"ffn.experts.gate_up.bias", "mlp.experts.gate_up_proj_bias", Cut::Turns},
    {"ffn.experts.down", "mlp.experts.down_proj", Cut::Stacked},
    {"ffn.experts.down.bias", "mlp.experts.down_proj_bias", Cut::Stacked},
});

constexpr auto rotaryTensors = std::to_array<std::string_view>({".rotary_emb.inv_freq"});
constexpr auto maskTensors = std::to_array<std::string_view>(
    {".attention.bias", ".attention.masked_bias", ".rotary_emb.inv_freq"});
constexpr auto gpt2Masks = std::to_array<std::string_view>({".attn.bias", ".attn.masked_bias"});
// Scales of weights in eight bits, which are refused where they are used.
constexpr auto deepseekTensors =
    std::to_array<std::string_view>({".rotary_emb.inv_freq", ".weight_scale_inv"});

constexpr auto familyRows = std::to_array<Family>({
    {.type = "llama", .title = "Llama 1 to 3.2", .read = readLlama, .derived = rotaryTensors},
    {.type = "mistral", .title = "Mistral", .read = readMistral, .derived = rotaryTensors},
    {.type = "mixtral",
     .title = "Mixtral",
     .read = readMixtral,
     .names = mixtralNames,
     .derived = rotaryTensors},
    {.type = "qwen2", .title = "Qwen 2 and 2.5", .read = readQwen2, .derived = rotaryTensors},
    {.type = "qwen2_moe",
     .title = "Qwen 1.5 and 2 with experts",
     .read = readQwen2Moe,
     .names = qwen2MoeNames,
     .derived = rotaryTensors},
    {.type = "qwen3", .title = "Qwen 3", .read = readQwen3, .derived = rotaryTensors},
    {.type = "qwen3_moe",
     .title = "Qwen 3 with experts",
     .read = readQwen3Moe,
     .derived = rotaryTensors},
    {.type = "gemma", .title = "Gemma", .read = readGemma, .derived = rotaryTensors},
    {.type = "gemma2",
     .title = "Gemma 2",
     .read = readGemma2,
     .names = gemma2Names,
     .derived = rotaryTensors},
    {.type = "phi3",
     .title = "Phi-3, 3.5 and 4",
     .read = readPhi3,
     .names = phi3Names,
     .derived = rotaryTensors},
    {.type = "olmo2",
     .title = "OLMo 2",
     .read = readOlmo2,
     .names = olmo2Names,
     .derived = rotaryTensors},
    {.type = "gpt_neox",
     .title = "GPT-NeoX and Pythia",
     .read = readGptNeox,
     .body = "gpt_neox.",
     .names = gptNeoxNames,
     .derived = maskTensors},
    {.type = "gpt_oss", .title = "gpt-oss", .read = readGptOss, .names = gptOssNames},
    {.type = "gpt2",
     .title = "GPT-2",
     .read = readGpt2,
     .body = "transformer.",
     .layers = "h.",
     .names = gpt2Names,
     .derived = gpt2Masks},
    {.type = "deepseek_v2",
     .title = "DeepSeek-V2",
     .read = readDeepseekV2,
     .names = deepseekNames,
     .derived = deepseekTensors},
    {.type = "deepseek_v3",
     .title = "DeepSeek-V3 and R1",
     .read = readDeepseekV3,
     .names = deepseekNames,
     .derived = deepseekTensors,
     .extraLayers = true},
});

}  // namespace

std::span<const Family> familyTable() { return familyRows; }

const Family* findFamily(std::string_view type) {
    const auto found = std::ranges::find(familyRows, type, &Family::type);
    return found == familyRows.end() ? nullptr : &*found;
}

std::span<const TensorNames> usualNames() { return usualTensorNames; }

}  // namespace ringscope
