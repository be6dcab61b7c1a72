// What the optimizer keeps of each parameter: two moments in the format of sums, or in 8 bits
// (train.optimizer adamw8bit), where a block of elements shares an fp32 scale.
#pragma once

#include "backend/config/run_config.h"
#include "backend/core/units.h"
#include "backend/model/parameter_list.h"

#include <cstdint>
#include <vector>

namespace ringscope {

inline constexpr std::int64_t eightBitBlock = 256;  // elements
// Parameters with fewer elements (gains, biases) keep 32 bits with adamw8bit, too.
inline constexpr std::int64_t leastEightBitElements = 4096;

// Whether adamw8bit keeps 8 bits of it.
bool canHave8BitState(const ParameterSpec& parameter);

// Of all trained parameters. Ranks that share a parameter may hold one more pair of scales each.
Bytes optimizerStateBytes(const std::vector<ParameterSpec>& list, const TrainConfig& train);

}  // namespace ringscope
