// What one rank does in a training step, as a list that a simulator plays: the trainer without its
// numbers, as step_program.h is the trainer's allocations.
//
//   plays     embedding | layer 0 forward | … | head | layer n backward | … | update
//   segments  [gather values] [project, attention steps, project, feed forward] …
//
// Layers that compute alike share a segment, so that a thousand ranks with a thousand steps each
// fit in memory. A deed that posts a message names a ticket; another deed awaits it.
#pragma once

#include "backend/plan/rank_set.h"
#include "backend/simulate/step_costs.h"
#include "backend/trace/span.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace ringscope {

enum class DeedKind : std::uint8_t {
    Work,        // the compute stream is busy
    Send,        // posts one end of a message
    Receive,     // posts the other
    Collective,  // posts a rank's part of an operation of a group
    Move,        // posts bytes to or from the host's memory or disk
    Await,       // the compute stream waits for what was posted
    Sync,        // the host waits for the compute stream
};

struct Deed {
    DeedKind kind{};
    SpanKind lane = SpanKind::Compute;
    Operation operation = Operation::None;
    std::int8_t channel = 0;  // messages of one channel arrive in the order they were sent
    std::int16_t ringStep = -1;
    std::int16_t ticket = 0;
    std::int32_t peer = 0;     // Send, Receive: the other rank; Collective: index of a group
    std::int32_t kernels = 1;  // that the host launches
    std::int64_t nanos = 0;    // of a Work
    std::int64_t bytes = 0;    // Send, Collective: that this rank sends; Move: that move
};

struct Segment {
    std::vector<Deed> deeds{};
};

// The channel of a Move that goes to the disk, not to the host's memory.
inline constexpr std::int8_t diskChannel = 1;

// Tickets below this one outlive their segment.
inline constexpr int lastingTickets = 16;

struct Play {
    int segment = 0;
    int layer = -1;
    SpanPass pass{};
};

// Ranks that have collective operations together.
struct TapeGroup {
    RankSet ranks{};
    bool everybody = false;  // all ranks of the run, in all replicas
};

struct RankTape {
    std::vector<Segment> segments{};
    std::vector<Play> plays{};
    std::vector<TapeGroup> groups{};
    int tickets = lastingTickets;  // numbers below are used
};

// How much of a step a tape has. Layers that are alike, and batches, take equally long once ranks
// are out of step as they stay: two lengths tell what a longer one takes (prediction.h).
struct TapeExtent {
    std::int64_t layers = 0;
    std::int64_t microSteps = 0;
};
TapeExtent wholeStep(const RunPlan& plan);

// Makes tapes, and keeps what those of all ranks have in common. `costs` must outlive it.
class StepTapes {
public:
    explicit StepTapes(const StepCosts& costs);
    ~StepTapes();

    // Of rank `rank` of the first replica.
    RankTape of(int rank, const TapeExtent& extent);

    class Common;

private:
    std::unique_ptr<Common> common_;
};

// How many nanoseconds of work, and bytes that are sent to others, a tape has.
struct TapeTotals {
    std::int64_t work = 0;
    std::int64_t attention = 0;  // of it
    std::int64_t sentBytes = 0;
    std::int64_t attentionBytes = 0;  // of them: messages of attention
};
TapeTotals totalsOf(const RankTape& tape);

}  // namespace ringscope
