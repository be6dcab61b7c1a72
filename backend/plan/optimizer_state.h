// What the optimizer keeps of each parameter: two moments in the format of sums, or in 8 bits
// (train.optimizer adamw8bit), where a block of elements shares an fp32 scale.
#pragma once

#include "backend/config/run_config.h"
#include "backend/core/units.h"
#include "backend/model/parameter_list.h"
#include "backend/model/parameter_share.h"
#include "backend/plan/element_range.h"

#include <cstdint>
#include <vector>

namespace ringscope {

inline constexpr std::int64_t eightBitBlock = 256;  // elements
// Parameters with fewer elements (gains, biases) keep 32 bits with adamw8bit, too.
inline constexpr std::int64_t leastEightBitElements = 4096;

// Whether adamw8bit keeps 8 bits of it.
bool canHave8BitState(const ParameterSpec& parameter);

// The elements of a slice of the flat parameters that are trained, counted from its begin, with
// how they are. The padding after the last parameter is none.
std::vector<ElementRange> trainedRanges(const std::vector<ParameterSpec>& list,
                                        const TrainConfig& train, const BufferPart& slice);

// Blocks of a range with eightBit; the first and the last may be parts of a parameter's blocks.
std::int64_t eightBitBlocks(const ElementRange& range);

// Scalars of ranges that the optimizer keeps moments of.
struct MomentScalars {
    std::int64_t exact = 0;     // in the format of sums
    std::int64_t eightBit = 0;  // in 8 bits each
    std::int64_t blocks = 0;    // of those, each with a scale
};
MomentScalars momentScalars(const std::vector<ElementRange>& ranges);

// Of all trained parameters. Ranks that share a parameter may hold one more pair of scales each.
Bytes optimizerStateBytes(const std::vector<ParameterSpec>& list, const TrainConfig& train);

}  // namespace ringscope
