// What a model is, as plain values: its sizes, and which form each of its parts has.
//
// Members stand for fields of `model` and `attention`; backend/config/field_table.cpp has their
// spelling, unit and help. A model of another maker is read into these (family_table.h).
#pragma once

#include "backend/model/model_choices.h"
#include "backend/model/pattern_config.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringscope {

// Rotary positions: which columns of a head turn, and how fast (rotary.h).
struct RopeConfig {
    double theta = 10000.0;
    double fraction = 1.0;     // of a head's columns that turn: the first ones
    bool interleaved = false;  // pairs are neighbours; false: column i and i + half
    RopeScaling scaling = RopeScaling::None;
    double factor = 1.0;
    std::int64_t originalLength = 0;  // tokens the model was first trained for; 0: not told
    double lowFactor = 1.0;           // llama3
    double highFactor = 4.0;
    double betaFast = 32.0;  // yarn
    double betaSlow = 1.0;
    bool truncated = true;  // yarn's ramp begins and ends at whole pairs
    // Of cosines and sines; nothing: as the scaling has it.
    std::optional<double> attentionFactor{};
    std::vector<double> shortFactors{};  // longrope, a number for each pair
    std::vector<double> longFactors{};
    bool operator==(const RopeConfig&) const = default;
};

// Feed-forward layers of which each token uses a few.
struct ExpertConfig {
    std::int64_t count = 0;  // 0: there are none
    std::int64_t perToken = 2;
    std::int64_t size = 0;        // inner width of one
    std::int64_t sharedSize = 0;  // of those that every token uses, together; 0: none
    bool sharedGate = false;      // a learned gate weighs the shared ones
    ExpertScore score = ExpertScore::Softmax;
    bool normalized = false;  // the weights of a token's experts are made to add up to 1
    double scale = 1.0;       // of those weights
    std::int64_t groups = 1;  // experts are chosen from the best groups
    std::int64_t bestGroups = 1;
    GroupScore groupScore = GroupScore::Best;
    bool bias = false;  // added to scores for the choice alone; not trained by gradients
    bool operator==(const ExpertConfig&) const = default;
};

// Multi-head latent attention. A head's query and key are `plainSize` columns that do not turn and
// `rotarySize` that do; the rotary key is one for all heads.
struct LatentConfig {
    std::int64_t querySize = 0;  // latent of the queries; 0: they are projected at once
    std::int64_t size = 0;       // latent of keys and values
    std::int64_t plainSize = 0;
    std::int64_t rotarySize = 0;
    std::int64_t valueSize = 0;
    double normEps = 1e-6;  // of the latents' norms
    bool operator==(const LatentConfig&) const = default;
};

// Native sparse attention: grouped heads whose queries see keys in three ways, each with a gate.
// backend/plan/native_sparse.h says what they see.
struct NsaConfig {
    std::int64_t block = 32;        // tokens that become one compressed key
    std::int64_t stride = 16;       // from one compressed key's first token to the next one's
    std::int64_t selectBlock = 64;  // tokens of a block that queries select
    std::int64_t selected = 16;     // blocks that a query selects, those it always does among them
    std::int64_t local = 2;         // latest blocks that it always selects, its own among them
    std::int64_t window = 512;      // latest tokens that it sees, its own among them
    bool operator==(const NsaConfig&) const = default;
};

struct ModelConfig {
    std::string preset = "tiny";
    std::optional<std::string> from{};  // folder of a checkpoint
    std::int64_t layers = 4;
    std::int64_t hiddenSize = 256;
    std::int64_t heads = 8;
    std::int64_t kvHeads = 4;
    std::optional<std::int64_t> headSize{};  // nothing: hiddenSize / heads
    std::int64_t ffnSize = 688;
    std::int64_t vocabSize = 256;
    double normEps = 1e-5;
    bool tiedHead = false;  // the output projection shares the embedding's weight

    // Kinds of layers, repeated over the model; empty: all alike (layer_kinds.h).
    std::vector<std::string> layerPattern{};

    NormKind norm = NormKind::Rms;
    NormPlace normPlace = NormPlace::Before;
    bool gainFromOne = false;       // the gain is 1 plus what is stored
    bool parallelResidual = false;  // attention and feed-forward read the same input
    QkNorm qkNorm = QkNorm::None;

    AttentionKind attention = AttentionKind::Gqa;
    bool qkvBias = false;
    bool outputBias = false;      // of the attention's output projection
    bool attentionSinks = false;  // each head has a learned score beside those of its keys
    LatentConfig latent{};
    NsaConfig nsa{};

    FeedForwardKind ffn = FeedForwardKind::Swiglu;
    bool ffnBias = false;
    ExpertConfig experts{};

    PositionKind position = PositionKind::Rope;
    std::int64_t positions = 0;  // rows of the table of learned positions
    RopeConfig rope{};

    double embeddingScale = 1.0;
    std::optional<double> logitSoftcap{};

    // Columns of a query's and a key's head.
    std::int64_t headDim() const {
        if (attention == AttentionKind::Mla) return latent.plainSize + latent.rotarySize;
        return headSize.value_or(hiddenSize / heads);
    }
    // Heads of keys and values that attention works on.
    std::int64_t keyHeads() const { return attention == AttentionKind::Mla ? heads : kvHeads; }
    // Columns of a value's head.
    std::int64_t valueDim() const {
        return attention == AttentionKind::Mla ? latent.valueSize : headDim();
    }
    // Columns of a head that turn.
    std::int64_t rotaryDim() const {
        if (attention == AttentionKind::Mla) return latent.rotarySize;
        return static_cast<std::int64_t>(static_cast<double>(headDim()) * rope.fraction);
    }
    bool operator==(const ModelConfig&) const = default;
};

struct AttentionConfig {
    bool causal = true;
    std::optional<std::int64_t> window{};       // keys a query sees to its left
    std::optional<std::int64_t> windowRight{};  // and to its right, where it is not causal
    double dropout = 0.0;
    std::optional<double> scale{};  // default 1/sqrt(head dim)
    std::optional<double> softcap{};
    bool alibi = false;
    PatternConfig pattern{};
    bool operator==(const AttentionConfig&) const = default;
};

// What a checkpoint's description says: the model, and what its attention computes.
struct ModelDescription {
    ModelConfig model{};
    AttentionConfig attention{};
    bool operator==(const ModelDescription&) const = default;
};

}  // namespace ringscope
