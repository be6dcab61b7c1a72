#include "backend/model/families/parts.h"

#include "backend/core/plain_text.h"

#include <fmt/format.h>
#include <algorithm>

namespace ringscope {
namespace {

// No model is larger in any of these, and all of them together still fit into 64 bits.
constexpr WholeRange layerRange{1, 4096};
constexpr WholeRange widthRange{1, 1 << 20};
constexpr WholeRange innerRange{1, 1 << 24};
constexpr WholeRange headRange{1, 1 << 14};
constexpr WholeRange columnRange{1, 1 << 12};
constexpr WholeRange vocabularyRange{1, 1 << 28};
// The window counts the keys to the left of a query's own; transformers counts its own too.
constexpr WholeRange windowRange{2, std::int64_t{1} << 31};

// layer_types as windows; nothing where the file does not say.
std::optional<std::vector<bool>> readLayerTypes(ConfigKeys& keys, std::size_t layers) {
    if (!keys.has("layer_types")) return {};
    const std::vector<std::string> types = keys.words("layer_types");
    if (types.size() != layers)
        keys.refuse("layer_types",
                    fmt::format("names {} layers; num_hidden_layers is {}", types.size(), layers));
    std::vector<bool> windows(layers);
    for (std::size_t i = 0; i < std::min(types.size(), layers); ++i) {
        windows[i] = types[i] == "sliding_attention";
        if (!windows[i] && types[i] != "full_attention")
            keys.refuse("layer_types", fmt::format("names {}, which cannot be computed; "
                                                   "full_attention and sliding_attention can",
                                                   shown(types[i])));
    }
    return windows;
}

}  // namespace

void readHeads(ConfigKeys& keys, ModelConfig& model) {
    model.kvHeads = keys.size("num_key_value_heads", model.heads, headRange);
    const std::optional<std::int64_t> size = keys.sizeIfAny("head_dim", columnRange);
    const bool divides = model.hiddenSize % model.heads == 0;
    if (size && (!divides || *size != model.hiddenSize / model.heads)) model.headSize = size;
    if (!size && !divides)
        keys.refuse("hidden_size", fmt::format("is {}, which {} heads do not divide",
                                               model.hiddenSize, model.heads));
    if (model.heads % model.kvHeads != 0)
        keys.refuse("num_key_value_heads", fmt::format("is {}, which does not divide {} heads",
                                                       model.kvHeads, model.heads));
}

void readUsualSizes(ConfigKeys& keys, const UsualSizes& usual, ModelConfig& model) {
    model.vocabSize = keys.size("vocab_size", {}, vocabularyRange);
    model.hiddenSize = keys.size("hidden_size", {}, widthRange);
    model.layers = keys.size("num_hidden_layers", {}, layerRange);
    model.heads = keys.size("num_attention_heads", {}, headRange);
    model.ffnSize = keys.size("intermediate_size", {}, innerRange);
    model.normEps = keys.number("rms_norm_eps", usual.normEps);
    model.tiedHead = keys.flag("tie_word_embeddings", usual.tiedHead);
}

void readGatedActivation(ConfigKeys& keys, ModelConfig& model) {
    const std::string word = keys.word("hidden_act", "silu");
    if (word == "silu" || word == "swish") {
        model.ffn = FeedForwardKind::Swiglu;
    } else if (word == "gelu_pytorch_tanh" || word == "gelu_new" || word == "gelu_fast") {
        model.ffn = FeedForwardKind::Geglu;
    } else {
        keys.refuse("hidden_act", fmt::format("is {}, which cannot be computed; silu and "
                                              "gelu_pytorch_tanh can",
                                              shown(word)));
    }
}

void readPlainActivation(ConfigKeys& keys, std::string_view key, std::string_view usual,
                         ModelConfig& model) {
    const std::string word = keys.word(key, usual);
    if (word == "gelu") {
        model.ffn = FeedForwardKind::Gelu;
    } else if (word == "gelu_pytorch_tanh" || word == "gelu_new" || word == "gelu_fast") {
        model.ffn = FeedForwardKind::GeluTanh;
    } else {
        keys.refuse(key, fmt::format("is {}, which cannot be computed; gelu and gelu_new can",
                                     shown(word)));
    }
}

std::vector<LayerKind> plainKinds(const ModelConfig& model) {
    return std::vector<LayerKind>(static_cast<std::size_t>(model.layers),
                                  {.window = false, .experts = model.experts.count > 0});
}

void readWindows(ConfigKeys& keys, bool used, const std::function<bool(std::int64_t)>& has,
                 std::vector<LayerKind>& kinds, ModelDescription& description) {
    const std::optional<std::vector<bool>> types = readLayerTypes(keys, kinds.size());
    const std::optional<std::int64_t> window =
        keys.sizeIfAny("sliding_window", used ? windowRange : WholeRange{0, windowRange.most});
    bool any = false;
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        const bool wanted = types ? (*types)[i] : has(static_cast<std::int64_t>(i));
        if (types && wanted && (!used || !window))
            keys.refuse("layer_types", "names layers with a window, and none is set");
        kinds[i].window = used && window && wanted;
        any = any || kinds[i].window;
    }
    if (any) description.attention.window = *window - 1;
}

void setKinds(const std::vector<LayerKind>& kinds, ModelDescription& description) {
    const LayerKind usual{.window = description.attention.window.has_value(),
                          .experts = description.model.experts.count > 0};
    description.model.layerPattern = layerPattern(kinds, usual);
}

void readWindowsInTurns(ConfigKeys& keys, ModelDescription& description) {
    std::vector<LayerKind> kinds = plainKinds(description.model);
    readWindows(
        keys, keys.has("sliding_window"), [](std::int64_t layer) { return layer % 2 == 0; }, kinds,
        description);
    setKinds(kinds, description);
}

}  // namespace ringscope
