// What a model is and costs, before anything of it is computed: what `ringscope model show` says.
#pragma once

#include "backend/core/result.h"
#include "backend/model/layer_kinds.h"
#include "backend/model/model_config.h"

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace ringscope {

inline constexpr int mostShownRanks = 64;
inline constexpr std::array<std::int64_t, 3> shownLengths = {4096, 32'768, 131'072};

struct FlopsAtLength {
    std::int64_t tokens = 0;
    double forward = 0;   // of a token, the mean over the sequence
    double training = 0;  // forward and backward pass
};

// Over how many ranks a mode can split a sequence of this model.
struct ModeSizes {
    std::string mode;
    std::vector<std::string> refusals;  // refusals[n - 1]: why not over n ranks; empty: it can

    bool legal(int ranks) const { return refusals[static_cast<std::size_t>(ranks - 1)].empty(); }
};

struct ModelFacts {
    std::string name{};    // of the run or folder
    std::string family{};  // of the checkpoint: "llama"; empty: it is a run's
    ModelDescription description{};
    std::vector<LayerKind> layers{};

    std::vector<std::pair<std::string, std::int64_t>> components{};  // parameters of each part
    std::int64_t parameters = 0;
    std::int64_t activeParameters = 0;  // without the experts that a token does not use
    std::int64_t cacheBytes = 0;        // keys and values of a token in bf16, all layers
    std::int64_t latentBytes = 0;       // what latent attention keeps instead; 0: it has none
    std::vector<FlopsAtLength> flops{};
    std::vector<ModeSizes> modes{};

    std::string adapter{};  // of an adapter's folder, what it adds; the rest is of its model
    std::vector<std::string> files{};  // of the checkpoint: "2.5 GiB of BF16"
    std::vector<std::string> ignoredKeys{};
    std::vector<std::string> ignoredTensors{};
};

// Fails where the layers cannot be told apart (layer_kinds.h).
Result<ModelFacts> modelFacts(const ModelDescription& description);

// With what the folder of a checkpoint says. Reads config.json and the tensors' headers.
Result<ModelFacts> checkpointFacts(const std::string& folder);

}  // namespace ringscope
