#include "backend/plan/optimizer_state.h"

namespace ringscope {

bool canHave8BitState(const ParameterSpec& parameter) {
    return parameter.elements() >= leastEightBitElements;
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
