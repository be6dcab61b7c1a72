// Who stands still, and who waits for whom: from what every rank says of its place once a second.
//
//   nothing is heard of it               stands still: it was stopped, or its host is gone
//   it computes, its place is the same   slow, which is no fault: its processor time goes on
//   it does nothing outside of waiting   stands still
//   it waits                             for those it names; it stands still only if all others
//                                        wait as well, each for another
//
// A rank that waits for a slow one is no stall, however long that takes.
#pragma once

#include "backend/run/protocol.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace ringscope {

class StallWatch {
public:
    using Time = std::chrono::steady_clock::time_point;

    // `limit`: how long a rank may stand still; 0: for ever.
    StallWatch(int ranks, std::chrono::milliseconds limit);

    void heard(const RankPlace& place, Time now);
    void ended(int rank);  // it is done, or its process has ended

    // Must be called often; time in which it was not is nobody's standing still. Returns a sentence
    // when some rank stands still, once until this is over.
    std::optional<std::string> check(Time now);
    // A sentence when those of the last one go on, once.
    std::optional<std::string> goesOn(Time now);

    // "step 3, layer 1, forward, receiving from rank 0"; empty where the rank never said it.
    std::string placeOf(int rank) const;

private:
    struct Standing {
        std::optional<RankPlace> place{};  // nothing: not heard of yet
        bool over = false;
        Time heard{};
        Time changed{};     // since when its place is this one
        Nanos processor{};  // processor time at `changed`
    };
    enum class State { Moves, Slow, Waits, Still, Silent };
    State stateOf(const Standing& standing, Time now) const;
    std::string sentence(const std::vector<State>& states, Time now) const;

    std::chrono::milliseconds limit_;
    std::vector<Standing> ranks_;
    std::optional<Time> lastCheck_;
    std::optional<Time> reported_;
};

}  // namespace ringscope
