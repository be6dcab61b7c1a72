#include "backend/migration/model_names.h"

#include "backend/core/text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <vector>

namespace ringscope {
namespace {

struct Sizes {
    std::int64_t layers, hidden, heads, kvHeads, ffn, vocab;
};

ModelConfig sized(const Sizes& sizes, double ropeTheta, double normEps, bool tied = false) {
    return {.preset = "",
            .layers = sizes.layers,
            .hiddenSize = sizes.hidden,
            .heads = sizes.heads,
            .kvHeads = sizes.kvHeads,
            .ffnSize = sizes.ffn,
            .vocabSize = sizes.vocab,
            .normEps = normEps,
            .tiedHead = tied,
            .rope = {.theta = ropeTheta}};
}

// From the models' published configurations. Longer matches stand before those they contain.
std::vector<KnownModel> modelRows() {
    const auto llama2 = [](const Sizes& sizes) { return sized(sizes, 10000.0, 1e-5); };
    const auto llama3 = [](const Sizes& sizes, bool tied = false) {
        return sized(sizes, 500000.0, 1e-5, tied);
    };
    // Stretched to 128k tokens: `factor` times what they were first trained for.
    const auto llama31 = [&](const Sizes& sizes, double factor, bool tied = false) {
        ModelConfig model = llama3(sizes, tied);
        model.rope.scaling = RopeScaling::Llama3;
        model.rope.factor = factor;
        model.rope.originalLength = 8192;
        return model;
    };
    const auto qwen2 = [](const Sizes& sizes, bool tied = false) {
        ModelConfig model = sized(sizes, 1000000.0, 1e-6, tied);
        model.qkvBias = true;
        return model;
    };
    const auto qwen3 = [](const Sizes& sizes, bool tied = false) {
        ModelConfig model = sized(sizes, 1000000.0, 1e-6, tied);
        model.headSize = 128;
        model.qkNorm = QkNorm::Head;
        return model;
    };
    const auto qwen3Experts = [&](const Sizes& sizes, ExpertConfig experts) {
        ModelConfig model = qwen3(sizes);
        experts.normalized = true;
        model.experts = experts;
        return model;
    };
    const auto mixtral = [] {
        ModelConfig model = sized({32, 4096, 32, 8, 14336, 32000}, 1000000.0, 1e-5);
        model.experts = {.count = 8, .perToken = 2, .size = 14336, .normalized = true};
        return model;
    };
    // Latent attention; the first layers are dense.
    const auto deepseek = [](const Sizes& sizes, std::int64_t dense, std::int64_t queryLatent,
                             const ExpertConfig& experts) {
        ModelConfig model = sized(sizes, 10000.0, 1e-5);
        model.attention = AttentionKind::Mla;
        model.latent = {.querySize = queryLatent,
                        .size = 512,
                        .plainSize = 128,
                        .rotarySize = 64,
                        .valueSize = 128,
                        .normEps = 1e-5};
        model.rope.interleaved = true;
        model.rope.scaling = RopeScaling::Yarn;
        model.rope.factor = 40;
        model.rope.originalLength = 4096;
        model.rope.attentionFactor = 1.0;
        model.experts = experts;
        model.layerPattern = {dense == 1 ? "dense" : "dense*" + std::to_string(dense),
                              "experts*" + std::to_string(sizes.layers - dense)};
        return model;
    };
    constexpr std::string_view deepseekNote =
        "attention.scale of sequences beyond 4,096 tokens, and the bias that keeps experts evenly "
        "used, are left out";
    return {
        {"deepseek-v3-16b", "deepseek v3 16b",
         deepseek({27, 2048, 16, 16, 10944, 102400}, 1, 0,
                  {.count = 64, .perToken = 6, .size = 1408, .sharedSize = 2 * 1408}),
         deepseekNote},
        {"deepseek-v3-236b", "deepseek v3 236b",
         deepseek({60, 5120, 128, 128, 12288, 102400}, 1, 1536,
                  {.count = 160,
                   .perToken = 6,
                   .size = 1536,
                   .sharedSize = 2 * 1536,
                   .scale = 16,
                   .groups = 8,
                   .bestGroups = 3}),
         deepseekNote},
        {"deepseek-v3-671b", "deepseek v3 671b",
         deepseek({61, 7168, 128, 128, 18432, 129280}, 3, 1536,
                  {.count = 256,
                   .perToken = 8,
                   .size = 2048,
                   .sharedSize = 2048,
                   .score = ExpertScore::Sigmoid,
                   .normalized = true,
                   .scale = 2.5,
                   .groups = 8,
                   .bestGroups = 4,
                   .groupScore = GroupScore::BestTwo}),
         deepseekNote},
        {"llama-3.2-1b", "llama 3.2 1b", llama31({16, 2048, 32, 8, 8192, 128256}, 32, true), ""},
        {"llama-3.2-3b", "llama 3.2 3b", llama31({28, 3072, 24, 8, 8192, 128256}, 32, true), ""},
        {"llama-3.1-8b", "llama 3.1 8b", llama31({32, 4096, 32, 8, 14336, 128256}, 8), ""},
        {"llama-3.1-70b", "llama 3.1 70b", llama31({80, 8192, 64, 8, 28672, 128256}, 8), ""},
        {"llama-3.1-405b", "llama 3.1 405b", llama31({126, 16384, 128, 8, 53248, 128256}, 8), ""},
        {"llama-3.3-70b", "llama 3.3 70b", llama31({80, 8192, 64, 8, 28672, 128256}, 8), ""},
        {"llama-3-8b", "llama 3 8b", llama3({32, 4096, 32, 8, 14336, 128256}), ""},
        {"llama-3-70b", "llama 3 70b", llama3({80, 8192, 64, 8, 28672, 128256}), ""},
        {"llama-2-7b", "llama 2 7b", llama2({32, 4096, 32, 32, 11008, 32000}), ""},
        {"llama-2-13b", "llama 2 13b", llama2({40, 5120, 40, 40, 13824, 32000}), ""},
        {"llama-2-70b", "llama 2 70b", llama2({80, 8192, 64, 8, 28672, 32000}), ""},
        {"qwen2.5-0.5b", "qwen 2.5 0.5b", qwen2({24, 896, 14, 2, 4864, 151936}, true), ""},
        {"qwen2.5-1.5b", "qwen 2.5 1.5b", qwen2({28, 1536, 12, 2, 8960, 151936}, true), ""},
        {"qwen2.5-3b", "qwen 2.5 3b", qwen2({36, 2048, 16, 2, 11008, 151936}, true), ""},
        {"qwen2.5-7b", "qwen 2.5 7b", qwen2({28, 3584, 28, 4, 18944, 152064}), ""},
        {"qwen2.5-14b", "qwen 2.5 14b", qwen2({48, 5120, 40, 8, 13824, 152064}), ""},
        {"qwen2.5-32b", "qwen 2.5 32b", qwen2({64, 5120, 40, 8, 27648, 152064}), ""},
        {"qwen2.5-72b", "qwen 2.5 72b", qwen2({80, 8192, 64, 8, 29568, 152064}), ""},
        {"qwen3-0.6b", "qwen 3 0.6b", qwen3({28, 1024, 16, 8, 3072, 151936}, true), ""},
        {"qwen3-1.7b", "qwen 3 1.7b", qwen3({28, 2048, 16, 8, 6144, 151936}, true), ""},
        {"qwen3-4b", "qwen 3 4b", qwen3({36, 2560, 32, 8, 9728, 151936}, true), ""},
        {"qwen3-8b", "qwen 3 8b", qwen3({36, 4096, 32, 8, 12288, 151936}), ""},
        {"qwen3-14b", "qwen 3 14b", qwen3({40, 5120, 40, 8, 17408, 151936}), ""},
        {"qwen3-32b", "qwen 3 32b", qwen3({64, 5120, 64, 8, 25600, 151936}), ""},
        {"qwen3-30b-a3b", "qwen 3 30b a3b",
         qwen3Experts({48, 2048, 32, 4, 6144, 151936}, {.count = 128, .perToken = 8, .size = 768}),
         ""},
        {"qwen3-235b-a22b", "qwen 3 235b a22b",
         qwen3Experts({94, 4096, 64, 4, 12288, 151936},
                      {.count = 128, .perToken = 8, .size = 1536}),
         ""},
        {"mixtral-8x7b", "mixtral 8x7b", mixtral(), ""},
        {"mistral-7b-v0.1", "mistral 7b v0.1",
         sized({32, 4096, 32, 8, 14336, 32000}, 10000.0, 1e-5),
         "its sliding window of 4,096 keys is left out, as sequence-parallel attention did without "
         "a message"},
        {"mistral-7b", "mistral 7b", sized({32, 4096, 32, 8, 14336, 32768}, 1000000.0, 1e-5), ""},
    };
}

// "Meta-Llama-3-8B-Instruct" -> meta llama 3 8b instruct. Digits after a family's name are a word
// of their own.
std::vector<std::string> wordsOf(std::string_view name) {
    std::vector<std::string> words(1);
    for (const char c : toLower(name)) {
        const bool digit = std::isdigit(static_cast<unsigned char>(c)) != 0;
        if (!digit && c != '.' && std::isalpha(static_cast<unsigned char>(c)) == 0) {
            words.emplace_back();
            continue;
        }
        const bool family = words.back() == "llama" || words.back() == "qwen";
        if (digit && family) words.emplace_back();
        words.back() += c;
    }
    std::erase(words, "");
    return words;
}

// The last part of the path names the model; a folder above it may name another.
std::string_view lastPart(std::string_view path) {
    while (path.ends_with('/')) path.remove_suffix(1);
    return path.substr(path.rfind('/') + 1);
}

}  // namespace

std::span<const KnownModel> knownModels() {
    static const std::vector<KnownModel> models = modelRows();
    return models;
}

const KnownModel* findModel(std::string_view nameOrPath) {
    const std::vector<std::string> words = wordsOf(lastPart(nameOrPath));
    for (const KnownModel& known : knownModels()) {
        const std::vector<std::string> wanted = split(known.match, ' ');
        if (std::search(words.begin(), words.end(), wanted.begin(), wanted.end()) != words.end())
            return &known;
    }
    return nullptr;
}

}  // namespace ringscope
