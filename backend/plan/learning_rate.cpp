#include "backend/plan/learning_rate.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ringscope {
namespace {

// 0 at step `begin`, 1 at the step after the last.
double fallen(const TrainConfig& train, std::int64_t begin, std::int64_t step) {
    if (step <= begin) return 0;
    const std::int64_t length = std::max<std::int64_t>(train.steps - begin, 1);
    return std::min(static_cast<double>(step - begin) / static_cast<double>(length), 1.0);
}

}  // namespace

std::int64_t decaySteps(const TrainConfig& train) {
    return train.lrDecay.value_or(std::max<std::int64_t>(train.steps / 10, 1));
}

double learningRateShare(const TrainConfig& train, std::int64_t step) {
    if (step < train.lrWarmup)
        return static_cast<double>(step) / static_cast<double>(train.lrWarmup);
    const auto towardsFinal = [&](double share) {
        return share * (1 - train.lrFinal) + train.lrFinal;
    };
    switch (train.lrSchedule) {
        case LrSchedule::Constant:
            return 1;
        case LrSchedule::Linear:
            return towardsFinal(1 - fallen(train, train.lrWarmup, step));
        case LrSchedule::Cosine:
            return towardsFinal(
                0.5 * (1 + std::cos(std::numbers::pi * fallen(train, train.lrWarmup, step))));
        case LrSchedule::Wsd:
            return towardsFinal(
                1 - fallen(train, std::max(train.lrWarmup, train.steps - decaySteps(train)), step));
    }
    return 1;
}

}  // namespace ringscope
