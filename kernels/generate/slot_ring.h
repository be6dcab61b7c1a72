// Which tokens' keys lie in which slots of a cache. Without libtorch.
//
// Tokens come in ascending order and take one slot after another; where there are more tokens than
// slots, a token takes the slot of the oldest one, which no later query sees.
//
//   4 slots, after tokens 0 to 5       slot 0  1  2  3
//                                      of   4  5  2  3
#pragma once

#include "backend/plan/layout.h"
#include "backend/plan/mask.h"

#include <cstdint>
#include <deque>
#include <vector>

namespace ringscope {

// Evenly spaced tokens in neighbouring slots.
struct SlotRun {
    TokenSpan slots{};
    TokenRun tokens{};
    bool operator==(const SlotRun&) const = default;
};

// Of new tokens, `count` from the `first` on go into slots from `slot` on.
struct SlotCopy {
    std::int64_t first = 0;
    std::int64_t count = 0;
    std::int64_t slot = 0;
    bool operator==(const SlotCopy&) const = default;
};

class SlotRing {
public:
    explicit SlotRing(std::int64_t slots) : slots_(slots) {}

    std::int64_t slots() const { return slots_; }

    // `tokens` ascend and come after all before them. Those that the same call pushes out again
    // are not copied.
    std::vector<SlotCopy> put(const std::vector<std::int64_t>& tokens);

    // The held tokens of `seen`, oldest first. Where their numbers do not matter, all in
    // neighbouring slots are one run, whose tokens are not told.
    std::vector<SlotRun> held(TokenSpan seen, bool numbersMatter) const;

private:
    void append(std::int64_t token);
    void dropOldest();

    std::int64_t slots_;
    std::int64_t put_ = 0;  // tokens so far
    std::deque<SlotRun> runs_{};
};

}  // namespace ringscope
