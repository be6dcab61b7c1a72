// How fast each pair of a head's columns turns with the position.
#pragma once

#include "backend/model/model_config.h"

#include <cstdint>
#include <vector>

namespace ringscope {

struct RotaryAngles {
    std::vector<double> perPosition;  // rotaryDim() / 2 angles
    double factor = 1;                // of cosines and sines
};

// `tokens`: length of the longest sequence; dynamic and longrope depend on it.
RotaryAngles rotaryAngles(const ModelConfig& model, std::int64_t tokens);

}  // namespace ringscope
