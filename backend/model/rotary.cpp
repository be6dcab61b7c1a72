#include "backend/model/rotary.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ringscope {
namespace {

std::vector<double> plainAngles(double theta, std::int64_t columns) {
    std::vector<double> angles;
    for (std::int64_t pair = 0; pair < columns / 2; ++pair)
        angles.push_back(
            std::pow(theta, -2.0 * static_cast<double>(pair) / static_cast<double>(columns)));
    return angles;
}

// The base that stretches the slowest angle to `tokens`.
double dynamicTheta(const RopeConfig& rope, std::int64_t columns, std::int64_t tokens) {
    const auto original = static_cast<double>(rope.originalLength);
    const double longest = std::max(static_cast<double>(tokens), original);
    const auto width = static_cast<double>(columns);
    return rope.theta *
           std::pow(rope.factor * longest / original - (rope.factor - 1), width / (width - 2));
}

// The pair, not a whole one, that turns `rotations` times within the original length.
double pairOfRotations(const RopeConfig& rope, std::int64_t columns, double rotations) {
    return static_cast<double>(columns) *
           std::log(static_cast<double>(rope.originalLength) / (rotations * 2 * std::numbers::pi)) /
           (2 * std::log(rope.theta));
}

std::vector<double> yarnAngles(const RopeConfig& rope, std::int64_t columns) {
    double low = pairOfRotations(rope, columns, rope.betaFast);
    double high = pairOfRotations(rope, columns, rope.betaSlow);
    if (rope.truncated) {
        low = std::floor(low);
        high = std::ceil(high);
    }
    low = std::max(low, 0.0);
    high = std::min(high, static_cast<double>(columns - 1));
    if (low == high) high += 0.001;  // a ramp needs a width
    std::vector<double> angles = plainAngles(rope.theta, columns);
    for (std::size_t pair = 0; pair < angles.size(); ++pair) {
        const double divided =
            std::clamp((static_cast<double>(pair) - low) / (high - low), 0.0, 1.0);
        angles[pair] *= divided / rope.factor + (1 - divided);
    }
    return angles;
}

std::vector<double> llama3Angles(const RopeConfig& rope, std::int64_t columns) {
    const auto original = static_cast<double>(rope.originalLength);
    std::vector<double> angles = plainAngles(rope.theta, columns);
    for (double& angle : angles) {
        const double wavelength = 2 * std::numbers::pi / angle;
        if (wavelength > original / rope.lowFactor) {
            angle /= rope.factor;
        } else if (wavelength >= original / rope.highFactor) {
            const double kept =
                (original / wavelength - rope.lowFactor) / (rope.highFactor - rope.lowFactor);
            angle = (1 - kept) * angle / rope.factor + kept * angle;
        }
    }
    return angles;
}

std::vector<double> longAngles(const RopeConfig& rope, std::int64_t columns, std::int64_t tokens) {
    std::vector<double> angles = plainAngles(rope.theta, columns);
    const std::vector<double>& factors =
        tokens > rope.originalLength ? rope.longFactors : rope.shortFactors;
    for (std::size_t pair = 0; pair < std::min(angles.size(), factors.size()); ++pair)
        angles[pair] /= factors[pair];
    return angles;
}

double usualFactor(const RopeConfig& rope) {
    if (rope.factor <= 1) return 1;
    if (rope.scaling == RopeScaling::Yarn) return 0.1 * std::log(rope.factor) + 1;
    if (rope.scaling == RopeScaling::LongRope)
        return std::sqrt(1 + std::log(rope.factor) /
                                 std::log(static_cast<double>(rope.originalLength)));
    return 1;
}

}  // namespace

RotaryAngles rotaryAngles(const ModelConfig& model, std::int64_t tokens) {
    const RopeConfig& rope = model.rope;
    const std::int64_t columns = model.rotaryDim();
    RotaryAngles angles{.perPosition = {},
                        .factor = rope.attentionFactor.value_or(usualFactor(rope))};
    switch (rope.scaling) {
        case RopeScaling::Yarn:
            angles.perPosition = yarnAngles(rope, columns);
            break;
        case RopeScaling::Llama3:
            angles.perPosition = llama3Angles(rope, columns);
            break;
        case RopeScaling::LongRope:
            angles.perPosition = longAngles(rope, columns, tokens);
            break;
        case RopeScaling::Dynamic:
            angles.perPosition = plainAngles(dynamicTheta(rope, columns, tokens), columns);
            break;
        default:
            angles.perPosition = plainAngles(rope.theta, columns);
            break;
    }
    if (rope.scaling == RopeScaling::Linear)
        for (double& angle : angles.perPosition) angle /= rope.factor;
    return angles;
}

}  // namespace ringscope
