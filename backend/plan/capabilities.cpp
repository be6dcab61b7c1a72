#include "backend/plan/capabilities.h"

#include "backend/plan/run_plan.h"

#include <array>

namespace ringscope {
namespace {

// Divides in every way by four ranks and their chunks.
RunConfig plainConfig(std::string_view mode) {
    RunConfig config;
    config.model.layers = 1;
    config.model.heads = 8;
    config.model.kvHeads = 8;
    config.model.hiddenSize = 256;
    config.train.seqLen = 4096;
    config.train.precision = NumberFormat::Fp32;
    config.parallel.mode = mode;
    config.parallel.sp = 4;
    return config;
}

void changeHeads(RunConfig& config, std::int64_t heads, std::int64_t kvHeads) {
    config.model.hiddenSize = 32 * heads;
    config.model.heads = heads;
    config.model.kvHeads = kvHeads;
}

constexpr std::array features = {
    Feature{"causal", "a token sees itself and earlier ones",
            [](RunConfig& config) { config.attention.causal = true; }},
    Feature{"bidirectional", "a token sees all others",
            [](RunConfig& config) { config.attention.causal = false; }},
    Feature{"grouped_heads", "several query heads share a key/value head",
            [](RunConfig& config) { changeHeads(config, 8, 4); }},
    Feature{"few_kv_heads", "fewer key/value heads than ranks",
            [](RunConfig& config) { changeHeads(config, 8, 2); }},
    Feature{"few_heads", "fewer heads than ranks",
            [](RunConfig& config) { changeHeads(config, 2, 2); }},
    Feature{"uneven_heads", "heads that ranks do not divide",
            [](RunConfig& config) { changeHeads(config, 6, 6); }},
    Feature{"uneven_length", "a sequence that ranks do not divide",
            [](RunConfig& config) { config.train.seqLen = 4098; }},
    Feature{"batch", "several sequences at once",
            [](RunConfig& config) { config.train.batch = 2; }},
    Feature{"documents", "packed documents that do not see each other",
            [](RunConfig& config) { config.data.packing = true; }},
    Feature{"window", "a token sees the last few",
            [](RunConfig& config) { config.attention.window = 512; }},
    Feature{"window_right", "a token sees some before it and some after it",
            [](RunConfig& config) {
                config.attention.causal = false;
                config.attention.window = 512;
                config.attention.windowRight = 64;
            }},
    Feature{"dropout", "attention weights are dropped at random",
            [](RunConfig& config) { config.attention.dropout = 0.1; }},
    Feature{"scale", "a factor of the scores of one's own",
            [](RunConfig& config) { config.attention.scale = 0.5; }},
    Feature{"softcap", "scores are squashed",
            [](RunConfig& config) { config.attention.softcap = 30; }},
    Feature{"alibi", "scores fall with distance",
            [](RunConfig& config) { config.attention.alibi = true; }},
    Feature{"sinks", "a learned score beside those of the keys (model.attention_sinks)",
            [](RunConfig& config) { config.model.attentionSinks = true; }},
    Feature{"dilated", "a dilated pattern (attention.pattern)",
            [](RunConfig& config) {
                config.attention.pattern = {.kind = PatternKind::Dilated,
                                            .segments = {512, 2048, 4096},
                                            .rates = {1, 2, 4}};
            }},
    Feature{"block_sparse", "a block-sparse pattern (attention.pattern)",
            [](RunConfig& config) {
                config.attention.pattern = {.kind = PatternKind::BlockSparse, .local = 1};
            }},
    Feature{"top_k", "blocks of keys chosen by content (attention.pattern.top_k)",
            [](RunConfig& config) {
                config.attention.pattern = {.kind = PatternKind::BlockSparse, .topK = 2};
            }},
    Feature{"nsa", "native sparse attention (model.attention)",
            [](RunConfig& config) { config.model.attention = AttentionKind::Nsa; }},
    Feature{"token_order", "tokens shared out along a Hilbert curve (parallel.token_order)",
            [](RunConfig& config) { config.parallel.tokenOrder = TokenOrder::Hilbert; }},
    Feature{"bf16", "activations in bf16",
            [](RunConfig& config) { config.train.precision = NumberFormat::Bf16; }},
    Feature{"fp16", "activations in fp16",
            [](RunConfig& config) { config.train.precision = NumberFormat::Fp16; }},
};

}  // namespace

std::span<const Feature> featureTable() { return features; }

std::vector<Capability> capabilitiesOf(std::string_view mode) {
    std::vector<Capability> capabilities;
    for (const Feature& feature : features) {
        RunConfig config = plainConfig(mode);
        feature.want(config);
        const Result<RunPlan> plan = planRun(config);
        capabilities.push_back({feature.name, plan.ok() ? "" : plan.error().message});
    }
    return capabilities;
}

}  // namespace ringscope
