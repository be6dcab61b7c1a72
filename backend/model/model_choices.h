// What the parts of a model may be: one table for each part, a row for each form of it. The rows
// are what YAML, `--set`, the form of the window and `ringscope model components` show.
#pragma once

#include "backend/core/choice.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace ringscope {

// A row of a part's table.
template <typename Enum>
struct Component {
    Enum value{};
    std::string_view name;
    std::string_view help;
};
template <typename Enum>
Component(Enum, std::string_view, std::string_view) -> Component<Enum>;

// model.norm
enum class NormKind : std::uint8_t { Rms, Layer };
inline constexpr std::array normKinds = {
    Component{NormKind::Rms, "rms", "x / rms(x), times a gain"},
    Component{NormKind::Layer, "layer", "(x - mean) / deviation, times a gain, plus a bias"},
};
constexpr const auto& choicesOf(NormKind /*any*/) { return normKinds; }
static_assert(inOrder(normKinds));

// model.norm_place
enum class NormPlace : std::uint8_t { Before, After, Both };
inline constexpr std::array normPlaces = {
    Component{NormPlace::Before, "before", "what a part of a layer reads is normalised"},
    Component{NormPlace::After, "after", "what it adds to the residual stream is normalised"},
    Component{NormPlace::Both, "both", "what it reads and what it adds are normalised"},
};
constexpr const auto& choicesOf(NormPlace /*any*/) { return normPlaces; }
static_assert(inOrder(normPlaces));

// model.qk_norm
enum class QkNorm : std::uint8_t { None, Head, All };
inline constexpr std::array qkNorms = {
    Component{QkNorm::None, "none", "queries and keys are used as they are projected"},
    Component{QkNorm::Head, "head",
              "each head of queries and keys is normalised, one gain for all"},
    Component{QkNorm::All, "all", "all heads of queries, and of keys, are normalised together"},
};
constexpr const auto& choicesOf(QkNorm /*any*/) { return qkNorms; }
static_assert(inOrder(qkNorms));

// model.attention
enum class AttentionKind : std::uint8_t { Gqa, Mla, Nsa };
inline constexpr std::array attentionKinds = {
    Component{AttentionKind::Gqa, "gqa", "groups of query heads share a key and a value head"},
    Component{AttentionKind::Mla, "mla", "keys and values are made of one latent vector a token"},
    Component{AttentionKind::Nsa, "nsa",
              "gqa whose queries see compressed, selected and near keys, by gates"},
};
constexpr const auto& choicesOf(AttentionKind /*any*/) { return attentionKinds; }
static_assert(inOrder(attentionKinds));

// model.ffn
enum class FeedForwardKind : std::uint8_t { Swiglu, Geglu, Gelu, GeluTanh, SwigluClamped };
// Of swiglu_clamped: what a gate's sigmoid is of, and where gates and ups are cut.
inline constexpr double clampedSlope = 1.702;
inline constexpr double clampedLimit = 7;
struct FeedForwardRow {
    FeedForwardKind value{};
    std::string_view name;
    std::string_view help;
    bool gated = false;    // two projections come in, one gates the other
    bool onePass = false;  // computed on the CPU without a tensor between
};
inline constexpr std::array feedForwardKinds = {
    FeedForwardRow{FeedForwardKind::Swiglu, "swiglu", "down(silu(gate) * up)", true, true},
    FeedForwardRow{FeedForwardKind::Geglu, "geglu", "down(gelu(gate) * up), tanh form", true},
    FeedForwardRow{FeedForwardKind::Gelu, "gelu", "down(gelu(up)), exact form"},
    FeedForwardRow{FeedForwardKind::GeluTanh, "gelu_tanh", "down(gelu(up)), tanh form"},
    FeedForwardRow{FeedForwardKind::SwigluClamped, "swiglu_clamped",
                   "down(gate * sigmoid(1.702 gate) * (up + 1)), both cut at 7", true, true},
};
constexpr const auto& choicesOf(FeedForwardKind /*any*/) { return feedForwardKinds; }
static_assert(inOrder(feedForwardKinds));

// model.position
enum class PositionKind : std::uint8_t { Rope, Learned, None, Alibi };
inline constexpr std::array positionKinds = {
    Component{PositionKind::Rope, "rope", "queries and keys are rotated by their position"},
    Component{PositionKind::Learned, "learned", "a learned vector for each position is added"},
    Component{PositionKind::None, "none", "no positions; attention.alibi may still tell distances"},
    Component{PositionKind::Alibi, "alibi", "scores fall with distance, at each head's own slope"},
};
constexpr const auto& choicesOf(PositionKind /*any*/) { return positionKinds; }
static_assert(inOrder(positionKinds));

// model.rope_scaling
enum class RopeScaling : std::uint8_t { None, Linear, Dynamic, Yarn, Llama3, LongRope };
inline constexpr std::array ropeScalings = {
    Component{RopeScaling::None, "none", "angles as rope_theta gives them"},
    Component{RopeScaling::Linear, "linear", "all angles are divided by rope_factor"},
    Component{RopeScaling::Dynamic, "dynamic", "rope_theta grows with sequences past the original"},
    Component{RopeScaling::Yarn, "yarn", "slow angles are divided, fast ones kept, a ramp between"},
    Component{RopeScaling::Llama3, "llama3", "angles are divided by their wavelength's class"},
    Component{RopeScaling::LongRope, "longrope", "each angle is divided by a factor of its own"},
};
constexpr const auto& choicesOf(RopeScaling /*any*/) { return ropeScalings; }
static_assert(inOrder(ropeScalings));

// model.expert_score
enum class ExpertScore : std::uint8_t { Softmax, Sigmoid };
inline constexpr std::array expertScores = {
    Component{ExpertScore::Softmax, "softmax", "the router's scores of a token add up to 1"},
    Component{ExpertScore::Sigmoid, "sigmoid", "each of the router's scores is by itself"},
};
constexpr const auto& choicesOf(ExpertScore /*any*/) { return expertScores; }
static_assert(inOrder(expertScores));

// model.expert_group_score
enum class GroupScore : std::uint8_t { Best, BestTwo };
inline constexpr std::array groupScores = {
    Component{GroupScore::Best, "best", "a group counts as its best expert"},
    Component{GroupScore::BestTwo, "best_two", "a group counts as the sum of its two best"},
};
constexpr const auto& choicesOf(GroupScore /*any*/) { return groupScores; }
static_assert(inOrder(groupScores));

}  // namespace ringscope
