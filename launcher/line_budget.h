// Limits how many lines a second of a rank reach the controller, besides its events. Lines above
// the limit are dropped and counted, so that a rank that prints without end does not slow the run.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

namespace ringscope {

class LineBudget {
public:
    using Time = std::chrono::steady_clock::time_point;

    static constexpr double burst = 2'000;    // lines
    static constexpr double perSecond = 200;  // lines

    // Returns whether one more line may pass, and counts it as dropped if not.
    bool spend(Time now) {
        const double seconds = std::chrono::duration<double>(now - last_).count();
        left_ = std::min(burst, left_ + std::max(0.0, seconds) * perSecond);
        last_ = now;
        if (left_ < 1) {
            ++dropped_;
            return false;
        }
        left_ -= 1;
        return true;
    }

    // Lines dropped since the last call.
    std::int64_t takeDropped() { return std::exchange(dropped_, 0); }

private:
    double left_ = burst;
    Time last_{};
    std::int64_t dropped_ = 0;
};

}  // namespace ringscope
