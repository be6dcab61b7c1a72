#include "backend/plan/optimizer_state.h"

#include <algorithm>

namespace ringscope {

bool canHave8BitState(const ParameterSpec& parameter) {
    return parameter.elements() >= leastEightBitElements;
}

namespace {

// Parameters are alike where nothing decays, so that they are stepped together.
bool isDecayed(const ParameterSpec& spec, const TrainConfig& train) {
    return train.weightDecay == 0 || train.decayed == DecayedWeights::All || isMatrix(spec);
}

}  // namespace

std::vector<ElementRange> trainedRanges(const std::vector<ParameterSpec>& list,
                                        const TrainConfig& train, const BufferPart& slice) {
    const bool eightBit = train.optimizer == OptimizerKind::AdamW8bit;
    std::vector<ElementRange> ranges;
    for (const ParameterSpec& spec : list) {
        const std::int64_t first = std::max(slice.begin, spec.offset);
        const std::int64_t end = std::min(slice.begin + slice.count, spec.offset + spec.elements());
        if (!spec.trained || first >= end) continue;
        const ElementRange range{.begin = first - slice.begin,
                                 .count = end - first,
                                 .eightBit = eightBit && canHave8BitState(spec),
                                 .skipped = first - spec.offset,
                                 .decayed = isDecayed(spec, train)};
        const bool follows = !ranges.empty() && !range.eightBit && !ranges.back().eightBit &&
                             ranges.back().decayed == range.decayed &&
                             ranges.back().begin + ranges.back().count == range.begin;
        if (follows)
            ranges.back().count += range.count;
        else
            ranges.push_back(range);
    }
    return ranges;
}

std::int64_t eightBitBlocks(const ElementRange& range) {
    return (range.skipped % eightBitBlock + range.count + eightBitBlock - 1) / eightBitBlock;
}

MomentScalars momentScalars(const std::vector<ElementRange>& ranges) {
    MomentScalars scalars;
    for (const ElementRange& range : ranges) {
        if (!range.eightBit) {
            scalars.exact += range.count;
            continue;
        }
        scalars.eightBit += range.count;
        scalars.blocks += eightBitBlocks(range);
    }
    return scalars;
}

Bytes optimizerStateBytes(const std::vector<ParameterSpec>& list, const TrainConfig& train) {
    constexpr std::int64_t scaleBytes = 4;
    const std::int64_t numberBytes = rowOf(train.precision).sumBytes;
    const bool eightBit = train.optimizer == OptimizerKind::AdamW8bit;
    std::int64_t ofOneMoment = 0;
    for (const ParameterSpec& spec : list) {
        if (!spec.trained) continue;
        const std::int64_t elements = spec.elements();
        const std::int64_t blocks = (elements + eightBitBlock - 1) / eightBitBlock;
        ofOneMoment += eightBit && canHave8BitState(spec) ? elements + blocks * scaleBytes
                                                          : elements * numberBytes;
    }
    return {2 * ofOneMoment};
}

}  // namespace ringscope
