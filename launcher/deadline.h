// A deadline as poll() takes it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace ringscope {

// Milliseconds from now to `time`, rounded up, so that a poll() of that length does not return
// before it: 0 if it has passed, and at most a minute, after which the caller asks again.
inline int millisecondsUntil(std::chrono::steady_clock::time_point time) {
    using std::chrono::milliseconds;
    const auto left = std::chrono::ceil<milliseconds>(time - std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

}  // namespace ringscope
