#include "backend/model/model_config_text.h"

#include "backend/core/plain_text.h"
#include "backend/core/text.h"
#include "backend/model/json_value.h"
#include "backend/model/layer_kinds.h"
#include "backend/model/model_folder.h"
#include "backend/model/pattern_keys.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cmath>

namespace ringscope {
namespace {

// Keys and values, each as JSON, in the order in which they were added.
class ConfigLines {
public:
    void text(std::string_view key, std::string_view value) { raw(key, jsonText(value)); }
    void whole(std::string_view key, std::int64_t value) { raw(key, std::to_string(value)); }
    void flag(std::string_view key, bool value) { raw(key, value ? "true" : "false"); }
    void real(std::string_view key, double value) { raw(key, realText(value)); }
    void reals(std::string_view key, const std::vector<double>& values) {
        std::vector<std::string> words;
        for (const double value : values) words.push_back(realText(value));
        raw(key, "[" + join(words, ", ") + "]");
    }
    void raw(std::string_view key, std::string value) {
        lines_.push_back(jsonText(key) + ": " + std::move(value));
    }
    std::string object(std::string_view indent) const {
        const std::string inner = std::string(indent) + "  ";
        return "{\n" + inner + join(lines_, ",\n" + inner) + "\n" + std::string(indent) + "}";
    }

private:
    // With a point or an exponent, so that every reader takes it for a real number.
    static std::string realText(double value) {
        std::string text = formatReal(value);
        if (text.find_first_of(".en") == text.npos) text += ".0";
        return text;
    }
    std::vector<std::string> lines_;
};

void addScaling(const RopeConfig& rope, ConfigLines& lines) {
    if (rope.scaling == RopeScaling::None) return;
    ConfigLines scaling;
    scaling.text("rope_type", nameOf(rope.scaling));
    scaling.real("factor", rope.factor);
    if (rope.scaling == RopeScaling::Llama3) {
        scaling.real("low_freq_factor", rope.lowFactor);
        scaling.real("high_freq_factor", rope.highFactor);
    }
    if (rope.scaling == RopeScaling::Yarn) {
        scaling.real("beta_fast", rope.betaFast);
        scaling.real("beta_slow", rope.betaSlow);
        scaling.flag("truncate", rope.truncated);
    }
    if (rope.scaling == RopeScaling::LongRope) {
        scaling.reals("short_factor", rope.shortFactors);
        scaling.reals("long_factor", rope.longFactors);
    }
    if (rope.attentionFactor) scaling.real("attention_factor", *rope.attentionFactor);
    if (rope.scaling != RopeScaling::Linear && rope.scaling != RopeScaling::Dynamic)
        scaling.whole("original_max_position_embeddings", rope.originalLength);
    lines.raw("rope_scaling", scaling.object("  "));
}

std::string typeWord(TensorType type) {
    switch (type) {
        case TensorType::Bf16:
            return "bfloat16";
        case TensorType::F16:
            return "float16";
        case TensorType::F64:
            return "float64";
        default:
            return "float32";
    }
}

void addWindow(const ModelDescription& description, ConfigLines& lines) {
    const std::optional<std::int64_t>& window = description.attention.window;
    lines.raw("sliding_window", window ? std::to_string(*window + 1) : "null");
}

void addTypes(const std::vector<LayerKind>& kinds, ConfigLines& lines) {
    std::vector<std::string> types;
    for (const LayerKind& kind : kinds)
        types.push_back(kind.window ? "\"sliding_attention\"" : "\"full_attention\"");
    lines.raw("layer_types", "[" + join(types, ", ") + "]");
}

// Windows of some layers, as Qwen says it.
void addLayerTypes(const ModelDescription& description, const std::vector<LayerKind>& kinds,
                   ConfigLines& lines) {
    lines.flag("use_sliding_window", description.attention.window.has_value());
    addWindow(description, lines);
    const auto first = std::ranges::find(kinds, true, &LayerKind::window);
    lines.whole("max_window_layers", first - kinds.begin());
    addTypes(kinds, lines);
}

void addSparseLayers(const ModelDescription& description, const std::vector<LayerKind>& kinds,
                     ConfigLines& lines) {
    const ExpertConfig& experts = description.model.experts;
    lines.whole("num_experts", std::max<std::int64_t>(1, experts.count));
    lines.whole("num_experts_per_tok", experts.perToken);
    lines.whole("moe_intermediate_size", std::max<std::int64_t>(1, experts.size));
    lines.flag("norm_topk_prob", experts.normalized);
    std::vector<std::string> dense;
    for (std::size_t i = 0; i < kinds.size(); ++i)
        if (!kinds[i].experts) dense.push_back(std::to_string(i));
    lines.raw("mlp_only_layers", "[" + join(dense, ", ") + "]");
    lines.flag("use_sliding_window", description.attention.window.has_value());
    addWindow(description, lines);
}

struct WrittenFamily {
    std::string_view type;
    std::string_view architecture;
    // The keys that this family has besides those of all.
    void (*add)(const ModelDescription& description, const std::vector<LayerKind>& kinds,
                ConfigLines& lines);
};

// The first that fits is written.
constexpr auto writtenFamilies = std::to_array<WrittenFamily>(
    {{"llama", "LlamaForCausalLM",
      [](const ModelDescription& description, const std::vector<LayerKind>& /*kinds*/,
         ConfigLines& lines) {
          lines.flag("attention_bias", description.model.qkvBias);
          lines.flag("mlp_bias", description.model.ffnBias);
      }},
     {"mistral", "MistralForCausalLM",
      [](const ModelDescription& description, const std::vector<LayerKind>& /*kinds*/,
         ConfigLines& lines) { addWindow(description, lines); }},
     {"qwen2", "Qwen2ForCausalLM", addLayerTypes},
     {"qwen3", "Qwen3ForCausalLM",
      [](const ModelDescription& description, const std::vector<LayerKind>& kinds,
         ConfigLines& lines) {
          lines.flag("attention_bias", description.model.qkvBias);
          addLayerTypes(description, kinds, lines);
      }},
     {"olmo2", "Olmo2ForCausalLM",
      [](const ModelDescription& description, const std::vector<LayerKind>& /*kinds*/,
         ConfigLines& lines) { lines.flag("attention_bias", description.model.qkvBias); }},
     {"mixtral", "MixtralForCausalLM",
      [](const ModelDescription& description, const std::vector<LayerKind>& /*kinds*/,
         ConfigLines& lines) {
          const ExpertConfig& experts = description.model.experts;
          lines.whole("num_local_experts", std::max<std::int64_t>(1, experts.count));
          lines.whole("num_experts_per_tok", experts.perToken);
          addWindow(description, lines);
      }},
     {"gpt_oss", "GptOssForCausalLM",
      [](const ModelDescription& description, const std::vector<LayerKind>& kinds,
         ConfigLines& lines) {
          const ExpertConfig& experts = description.model.experts;
          lines.flag("attention_bias", description.model.qkvBias);
          lines.whole("num_local_experts", std::max<std::int64_t>(1, experts.count));
          lines.whole("num_experts_per_tok", experts.perToken);
          lines.real("swiglu_alpha", clampedSlope);
          lines.real("swiglu_limit", clampedLimit);
          // Without a word, transformers takes this family's angles for scaled ones.
          if (description.model.rope.scaling == RopeScaling::None)
              lines.raw("rope_scaling", R"({"rope_type": "default"})");
          addWindow(description, lines);
          addTypes(kinds, lines);
      }},
     {"qwen3_moe", "Qwen3MoeForCausalLM",
      [](const ModelDescription& description, const std::vector<LayerKind>& kinds,
         ConfigLines& lines) {
          lines.flag("attention_bias", description.model.qkvBias);
          addSparseLayers(description, kinds, lines);
      }}});

std::string textAs(const WrittenFamily& family, const ModelDescription& description,
                   const std::vector<LayerKind>& kinds, const ConfigTextForm& form) {
    const ModelConfig& model = description.model;
    ConfigLines lines;
    lines.raw("architectures", "[" + jsonText(family.architecture) + "]");
    lines.text("model_type", family.type);
    lines.text("torch_dtype", typeWord(form.type));
    lines.whole("vocab_size", model.vocabSize);
    lines.whole("hidden_size", model.hiddenSize);
    const bool expertsAlone = family.type == "mixtral" || family.type == "gpt_oss";
    lines.whole("intermediate_size",
                expertsAlone ? std::max<std::int64_t>(1, model.experts.size) : model.ffnSize);
    lines.whole("num_hidden_layers", model.layers);
    lines.whole("num_attention_heads", model.heads);
    lines.whole("num_key_value_heads", model.kvHeads);
    lines.whole("head_dim", model.headDim());
    lines.text("hidden_act", model.ffn == FeedForwardKind::Geglu ? "gelu_pytorch_tanh" : "silu");
    const bool dynamic = model.rope.scaling == RopeScaling::Dynamic;
    lines.whole("max_position_embeddings", dynamic ? model.rope.originalLength : form.longest);
    lines.real("rms_norm_eps", model.normEps);
    lines.flag("tie_word_embeddings", model.tiedHead);
    lines.real("rope_theta", model.rope.theta);
    if (model.rope.fraction != 1) lines.real("partial_rotary_factor", model.rope.fraction);
    addScaling(model.rope, lines);
    family.add(description, kinds, lines);
    const PatternConfig& pattern = description.attention.pattern;
    if (pattern.kind != PatternKind::None) lines.raw(patternKey, patternObject(pattern));
    return lines.object("") + "\n";
}

// Rotary fields that the kind of scaling does not read.
void plainRope(ModelConfig& model) {
    RopeConfig plain;
    if (model.position == PositionKind::Rope) {
        if (model.rope.scaling != RopeScaling::None) return;
        plain.theta = model.rope.theta;
        plain.fraction = model.rope.fraction;
        plain.interleaved = model.rope.interleaved;
    }
    model.rope = plain;
}

}  // namespace

std::string withWeightType(std::string configText, TensorType type) {
    for (const std::string_view key : {"\"dtype\"", "\"torch_dtype\""}) {
        const std::size_t found = configText.find(key);
        if (found == configText.npos) continue;
        const std::size_t open = configText.find_first_not_of(" :\t\r\n", found + key.size());
        if (open == configText.npos || configText[open] != '"') continue;
        const std::size_t close = configText.find('"', open + 1);
        if (close == configText.npos) continue;
        configText.replace(open + 1, close - open - 1, typeWord(type));
    }
    return configText;
}

ModelDescription plainDescription(ModelDescription description) {
    ModelConfig& model = description.model;
    AttentionConfig& attention = description.attention;
    model.preset = ModelConfig{}.preset;
    model.from.reset();
    if (model.headSize && *model.headSize * model.heads == model.hiddenSize) model.headSize.reset();
    if (model.attention != AttentionKind::Mla) model.latent = {};
    if (model.attention != AttentionKind::Nsa) model.nsa = {};
    if (model.position != PositionKind::Learned) model.positions = 0;
    if (model.experts.count == 0) model.experts = {};
    plainRope(model);
    attention.dropout = 0;
    attention.pattern = plainPattern(attention.pattern);
    if (attention.scale == 1 / std::sqrt(static_cast<double>(model.headDim())))
        attention.scale.reset();
    Result<std::vector<LayerKind>> kinds = layerKinds(model, attention);
    if (!kinds.ok()) return description;
    // Without a dense layer, nothing has the dense width.
    if (std::ranges::all_of(*kinds, &LayerKind::experts)) model.ffnSize = model.experts.size;
    if (std::ranges::none_of(*kinds, &LayerKind::window)) attention.window.reset();
    model.layerPattern = layerPattern(
        *kinds, {.window = attention.window.has_value(), .experts = model.experts.count > 0});
    return description;
}

Result<std::string> modelConfigText(const ModelDescription& description,
                                    const ConfigTextForm& form) {
    const ModelDescription plain = plainDescription(description);
    RINGSCOPE_TRY(const std::vector<LayerKind> kinds, layerKinds(plain.model, plain.attention));
    std::vector<std::string> tried;
    for (const WrittenFamily& family : writtenFamilies) {
        std::string text = textAs(family, plain, kinds, form);
        const Result<ModelReading> read = readModelConfig(text, std::string(modelConfigName));
        if (read.ok() && plainDescription(read->description) == plain) return text;
        tried.emplace_back(family.type);
    }
    return Error{ErrorCode::InvalidConfig,
                 "no config.json says what this model is: none of " + join(tried, ", ") +
                     " computes the same; a model of another form is exported as the family that "
                     "it was read from"};
}

}  // namespace ringscope
