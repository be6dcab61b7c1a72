// What a simulation knows of its ranks, and of what is under way between them.
#pragma once

#include "backend/simulate/step_tape.h"

#include <array>
#include <cstdint>
#include <vector>

namespace ringscope::simulation {

inline constexpr std::int64_t unknown = -1;

// What a rank awaits under a ticket.
struct Ticket {
    std::int64_t ready = unknown;  // when all ends were posted
    std::int64_t done = unknown;
    bool ofHost = false;
};

// What was posted between two ranks by one side alone.
struct Meeting {
    std::vector<int> waiting{};
    bool sendsWait = false;
    std::uint32_t number = 0;
};

// The meeting that a rank came to last, of one channel and direction: in a ring it is always the
// same.
struct LastMeeting {
    int peer = -1;
    Meeting* meeting = nullptr;
};
inline constexpr std::size_t channels = 4;  // of messages

struct RankState {
    std::size_t play = 0;
    const Deed* next = nullptr;  // of the play; null: its first
    const Deed* end = nullptr;
    std::int64_t now = 0;            // of the stream
    std::int64_t host = 0;           // when the host can launch again
    int awaits = -1;                 // ticket
    const Deed* computes = nullptr;  // on a core
    std::int64_t since = 0;
    bool ended = false;
    std::vector<Ticket> tickets{};
    std::vector<std::uint32_t> counts{};  // of collectives, by group
    std::array<LastMeeting, 2 * channels> met{};
};

// One end of something that was posted.
struct End {
    int rank = 0;
    int ticket = 0;
    std::int64_t posted = 0;
    std::int32_t play = 0;
    const Deed* deed = nullptr;
    std::uint32_t number = 0;  // of the messages between the two ranks
};

// A message, a collective or a move that is under way.
struct Posted {
    std::vector<End> ends{};
    std::int64_t ready = 0;
    int flowsLeft = 0;
};

struct Event {
    std::int64_t time = 0;
    std::uint64_t order : 56 = 0;
    enum class What : std::uint8_t { Rank, FlowBegins, FlowEnds, Core } what : 8 {};
    int index = 0;
    std::uint32_t version = 0;

    bool operator>(const Event& other) const {
        return time != other.time ? time > other.time : order > other.order;
    }
};

// Of a flow until it begins, of a copy until it ends.
struct FlowPlan {
    int operation = -1;
    std::int64_t units = 0;
    std::int64_t most = 0;  // units a second; 0: as its ports allow
    int copier = -1;        // a rank with a core that works for so many nanoseconds, at no port
    std::vector<int> ports{};
};

}  // namespace ringscope::simulation
