#include "backend/model/rope_keys.h"

#include "backend/core/plain_text.h"

#include <fmt/format.h>
#include <array>
#include <cmath>

namespace ringscope {
namespace {

// What one way of scaling reads and another does not, so that it may stand there for nothing.
constexpr auto keysOfScalings = std::to_array<std::string_view>(
    {"factor", "original_max_position_embeddings", "attention_factor", "beta_fast", "beta_slow",
     "short_factor", "long_factor", "low_freq_factor", "high_freq_factor", "mscale",
     "mscale_all_dim", "truncate", "finetuned"});

struct ScalingWord {
    std::string_view word;
    RopeScaling scaling = RopeScaling::None;
};
constexpr auto scalingWords = std::to_array<ScalingWord>({{"default", RopeScaling::None},
                                                          {"linear", RopeScaling::Linear},
                                                          {"dynamic", RopeScaling::Dynamic},
                                                          {"yarn", RopeScaling::Yarn},
                                                          {"llama3", RopeScaling::Llama3},
                                                          {"longrope", RopeScaling::LongRope}});

RopeScaling readScaling(ConfigKeys& scaling, const RopeForm& form) {
    const std::string old = scaling.word("type", "default");
    const std::string word = scaling.word("rope_type", old);
    if (form.alwaysLong && (word == "su" || word == "yarn")) return RopeScaling::LongRope;
    for (const ScalingWord& known : scalingWords)
        if (known.word == word) return known.scaling;
    scaling.refuse(scaling.has("rope_type") ? "rope_type" : "type",
                   fmt::format("is {}, which cannot be computed; default, linear, dynamic, yarn, "
                               "llama3 and longrope can",
                               shown(word)));
    return RopeScaling::None;
}

// The lengths by which angles are scaled.
struct RopeLengths {
    std::optional<std::int64_t> longest{};   // max_position_embeddings
    std::optional<std::int64_t> original{};  // as the file says outside of the scaling
};

void readLengths(ConfigKeys& scaling, const RopeLengths& lengths, RopeConfig& rope) {
    const std::optional<std::int64_t> inner = scaling.sizeIfAny("original_max_position_embeddings");
    const std::optional<std::int64_t> told = lengths.original ? lengths.original : inner;
    if (rope.scaling == RopeScaling::Dynamic)
        rope.originalLength = lengths.longest.value_or(0);
    else
        rope.originalLength = told ? *told : lengths.longest.value_or(0);
    if (rope.originalLength == 0)
        scaling.refuse("original_max_position_embeddings",
                       "is missing, and max_position_embeddings too; one of them is needed");
}

void readFactor(ConfigKeys& scaling, const RopeLengths& lengths, RopeConfig& rope) {
    const bool fromLengths =
        rope.scaling == RopeScaling::Yarn || rope.scaling == RopeScaling::LongRope;
    if (fromLengths && !scaling.has("factor") && lengths.longest && rope.originalLength > 0)
        rope.factor =
            static_cast<double>(*lengths.longest) / static_cast<double>(rope.originalLength);
    else
        rope.factor = scaling.number("factor");
}

void readYarn(ConfigKeys& scaling, RopeExtra& extra, RopeConfig& rope) {
    rope.betaFast = scaling.number("beta_fast", rope.betaFast);
    rope.betaSlow = scaling.number("beta_slow", rope.betaSlow);
    rope.truncated = scaling.flag("truncate", true);
    rope.attentionFactor = scaling.numberIfAny("attention_factor");
    const double scale = scaling.numberOrZero("mscale");
    if (!rope.attentionFactor && scale > 0 && extra.scaleOfAll > 0)
        rope.attentionFactor =
            yarnScale(rope.factor, scale) / yarnScale(rope.factor, extra.scaleOfAll);
}

void readLlama3(ConfigKeys& scaling, RopeConfig& rope) {
    rope.lowFactor = scaling.number("low_freq_factor");
    rope.highFactor = scaling.number("high_freq_factor");
    if (rope.highFactor <= rope.lowFactor)
        scaling.refuse("high_freq_factor", "must be above low_freq_factor");
}

void readLong(ConfigKeys& scaling, std::int64_t pairs, RopeConfig& rope) {
    rope.shortFactors = scaling.numbers("short_factor");
    rope.longFactors = scaling.numbers("long_factor");
    rope.attentionFactor = scaling.numberIfAny("attention_factor");
    for (const auto& [key, factors] : {std::pair("short_factor", &rope.shortFactors),
                                       std::pair("long_factor", &rope.longFactors)})
        if (std::ssize(*factors) != pairs)
            scaling.refuse(key, fmt::format("has {} numbers; {} pairs of columns turn",
                                            factors->size(), pairs));
}

void readOfScaling(ConfigKeys& scaling, const RopeLengths& lengths, RopeExtra& extra,
                   ModelConfig& model) {
    RopeConfig& rope = model.rope;
    extra.scaled = rope.scaling != RopeScaling::None;
    extra.scaleOfAll = scaling.numberOrZero("mscale_all_dim");
    if (!extra.scaled) return;
    if (rope.scaling != RopeScaling::Linear) readLengths(scaling, lengths, rope);
    readFactor(scaling, lengths, rope);
    if (rope.scaling == RopeScaling::Yarn) readYarn(scaling, extra, rope);
    if (rope.scaling == RopeScaling::Llama3) readLlama3(scaling, rope);
    if (rope.scaling == RopeScaling::LongRope) readLong(scaling, model.rotaryDim() / 2, rope);
}

void checkColumns(ConfigKeys& keys, const RopeForm& form, const ModelConfig& model) {
    if (model.rope.fraction > 1)
        keys.refuse(form.fractionKey, "is a part of a head and must be 1 at most");
    else if (model.rotaryDim() < 2 || model.rotaryDim() % 2 != 0)
        keys.refuse(form.fractionKey,
                    fmt::format("{} of {} columns gives {} that turn; it must be an even number",
                                model.rope.fraction, model.headDim(), model.rotaryDim()));
}

}  // namespace

double yarnScale(double factor, double weight) {
    return factor <= 1 ? 1 : 0.1 * weight * std::log(factor) + 1;
}

RopeExtra readRope(ConfigKeys& keys, const RopeForm& form, ModelConfig& model) {
    RopeExtra extra;
    RopeConfig& rope = model.rope;
    rope.theta = keys.number(form.thetaKey, form.theta);
    rope.fraction = keys.number(form.fractionKey, form.fraction);
    RopeLengths lengths{.longest = keys.sizeIfAny("max_position_embeddings"),
                        .original = keys.sizeIfAny("original_max_position_embeddings")};
    if (!lengths.original) lengths.original = form.originalLength;
    if (keys.has("rope_scaling") && keys.has("rope_parameters"))
        keys.refuse("rope_scaling", "stands beside rope_parameters; keep one of them");
    std::optional<ConfigKeys> scaling =
        keys.nested(keys.has("rope_parameters") ? "rope_parameters" : "rope_scaling");
    if (scaling) {
        rope.theta = scaling->number("rope_theta", rope.theta);
        rope.fraction = scaling->number("partial_rotary_factor", rope.fraction);
        rope.scaling = readScaling(*scaling, form);
        readOfScaling(*scaling, lengths, extra, model);
        scaling->finish("rotary positions", keysOfScalings);
    }
    checkColumns(keys, form, model);
    return extra;
}

}  // namespace ringscope
