// Plays the tapes of ranks on a machine: what each waits for, and how long a step takes.
//
//   rank     one stream of computation; a host that launches its kernels one after the other
//   ports    of each rank, or of several, at each level of links: out and in
//   paths    from each rank's device to its host's memory or disk
//   cores    of a host of CPUs, which ranks and the copying of messages share
//
// A message begins when both ends are posted, a collective when all its ranks are. Messages at a
// port share it evenly. Times and bytes are integers and events of one moment keep their order, so
// the same tapes give the same times on every machine.
//
// Where ranks do alike (symmetry.h), `tapes` has one period of them: rank r stands for r + period,
// r + 2 · period, …
#pragma once

#include "backend/simulate/step_tape.h"
#include "backend/trace/span.h"

#include <array>
#include <cstdint>
#include <vector>

namespace ringscope {

// Where the time of a rank went. The parts add up to its step.
struct RankTimes {
    std::int64_t attention = 0;  // blocks, and what is between them
    std::int64_t compute = 0;    // all other computation
    std::int64_t copies = 0;     // rows put together for messages, and apart
    std::int64_t exposed = 0;    // waiting while bytes moved
    std::int64_t wait = 0;       // waiting until the other ranks posted their end
    std::int64_t moves = 0;      // waiting for the host's memory or disk
    std::int64_t gaps = 0;       // nothing: the host had not launched the next kernel
    std::int64_t tail = 0;       // done, while other ranks were not: the next step begins together

    std::int64_t step() const {
        return attention + compute + copies + exposed + wait + moves + gaps + tail;
    }
    bool operator==(const RankTimes&) const = default;
};

inline constexpr std::array timeParts = {
    &RankTimes::attention, &RankTimes::compute, &RankTimes::copies, &RankTimes::exposed,
    &RankTimes::wait,      &RankTimes::moves,   &RankTimes::gaps,   &RankTimes::tail};

struct SimulatedStep {
    std::vector<RankTimes> ranks{};          // of a period
    std::vector<std::vector<Span>> spans{};  // of each, by begin; none unless they are recorded
    std::int64_t nanos = 0;                  // of the step

    RankTimes mean() const;
};

struct SimulatedRanks {
    std::vector<RankTape> tapes{};  // of a period
    int ranks = 1;                  // of a replica: a multiple of the period
    int all = 1;                    // of the run
};

SimulatedStep simulateStep(const SimulatedRanks& ranks, const Machine& machine, bool record);

}  // namespace ringscope
