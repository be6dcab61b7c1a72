// Keeps fp16 gradients where fp16 can hold them: the loss is multiplied by a power of two, the
// gradients are divided by it once they are in fp32.
//
// A step whose gradient has an infinite scalar, or one that is no number, is not taken, and the
// scale is halved. After a long row of good steps it is doubled again.
#pragma once

#include <cstdint>

namespace ringscope {

class LossScale {
public:
    static constexpr double first = 65536;
    static constexpr double least = 1;  // a gradient too large for this one is no rounding matter
    static constexpr std::int64_t goodStepsToGrow = 2000;

    // For numbers of a range wide enough: always 1.
    static LossScale none() { return LossScale(1, false); }
    static LossScale dynamic() { return LossScale(first, true); }

    bool isDynamic() const { return dynamic_; }
    double value() const { return value_; }

    // What came of a step under value(). Answers whether there is another scale to try where it did
    // not fit.
    bool stepped(bool finite);

private:
    LossScale(double value, bool dynamic) : value_(value), dynamic_(dynamic) {}

    double value_;
    bool dynamic_;
    std::int64_t goodSteps_ = 0;
};

}  // namespace ringscope
