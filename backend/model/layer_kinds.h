// Which layers of a model are of which kind.
//
// model.layer_pattern is a list of kinds that repeats over the layers: `window` or `full` for
// attention, `dense` or `experts` for the feed-forward, both joined by +, and a number behind * for
// layers in a row:
//
//     [window, full]                 windows in every other layer
//     [dense, experts*60]            the first of 61 layers is dense
//     [window+experts, full+dense]
//
// A part that is not named is a window where attention.window is set, experts where model.experts
// is.
#pragma once

#include "backend/core/result.h"
#include "backend/model/model_config.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ringscope {

struct LayerKind {
    bool window = false;   // of attention.window; false: all tokens before
    bool experts = false;  // the feed-forward is model.experts
    bool operator==(const LayerKind&) const = default;
};

// One for each layer. Fails where a word is none of the above, and where the pattern asks for a
// window or experts that are not set.
Result<std::vector<LayerKind>> layerKinds(const ModelConfig& model,
                                          const AttentionConfig& attention);

// The shortest pattern that layerKinds() reads as `kinds`; empty where all are what an empty one
// means.
std::vector<std::string> layerPattern(const std::vector<LayerKind>& kinds, const LayerKind& usual);

}  // namespace ringscope
