// Keeps fp16 gradients in the range of fp16: the loss is multiplied by a power of two, and the
// gradients are divided by it once they are in fp32.
//
// Where a gradient has an infinite scalar, or one that is no number, the step is skipped and the
// scale is halved. After many good steps in a row it is doubled.
#pragma once

#include <cstdint>

namespace ringscope {

class LossScale {
public:
    static constexpr double first = 65536;
    static constexpr double least = 1;  // training has failed where a gradient is too large for it
    static constexpr std::int64_t goodStepsToGrow = 2000;

    // Always 1: for formats whose range is wide enough.
    static LossScale none() { return LossScale(1, false); }
    static LossScale dynamic() { return LossScale(first, true); }

    bool isDynamic() const { return dynamic_; }
    double value() const { return value_; }
    std::int64_t goodSteps() const { return goodSteps_; }
    void restore(double value, std::int64_t goodSteps) {
        value_ = value;
        goodSteps_ = goodSteps;
    }

    // Must be called after each step, with whether its gradient was finite. Returns false where it
    // was not and the scale is the least already.
    bool stepped(bool finite);

private:
    LossScale(double value, bool dynamic) : value_(value), dynamic_(dynamic) {}

    double value_;
    bool dynamic_;
    std::int64_t goodSteps_ = 0;
};

}  // namespace ringscope
