// The keys of rotary positions, in both spellings: `rope_parameters` of transformers 5,
// `rope_scaling` and `rope_theta` of transformers 4.
#pragma once

#include "backend/model/config_keys.h"
#include "backend/model/model_config.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace ringscope {

// How a family says it, and what it means where it says nothing.
struct RopeForm {
    double theta = 10000;
    std::string_view thetaKey = "rope_theta";
    double fraction = 1;
    std::string_view fractionKey = "partial_rotary_factor";
    std::optional<std::int64_t> originalLength{};
    bool alwaysLong = false;  // "su" and "yarn" are old names of longrope
};

// What a family may need besides.
struct RopeExtra {
    bool scaled = false;
    double scaleOfAll = 0;  // mscale_all_dim; 0: not told
};

// Reads into model.rope. The model's sizes of heads must be there.
RopeExtra readRope(ConfigKeys& keys, const RopeForm& form, ModelConfig& model);

// 0.1 * weight * ln(factor) + 1, as yarn enlarges scores.
double yarnScale(double factor, double weight);

}  // namespace ringscope
