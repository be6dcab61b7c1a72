// What a trace says about communication: how much of it was hidden behind computation, how much was
// waiting for a late rank, how much moved bytes, and who was late.
//
// For one rank: C is the union of its transfers, each from being posted to being complete; K the
// union of what it computed, without the waits inside it. Then
//
//   hidden   = |C and K|            exposed = |C without K|          hidden + exposed = |C|
//   a message moves bytes from the moment both ends have posted it (a collective: all ranks);
//   before that the earlier end waits, and the later end is to blame
//   transfer = |union of moving|    W = C without moving            |W| + transfer = |C|
//   wait     = |W without K|        hiddenWait = |W and K|
//   where a rank is not in the trace, it is not known when it posted: its messages, where nothing
//   else moves, are unpaired, in neither W nor transfer, and |W| + transfer + unpaired = |C|
//   wait is what lateness costs the step; of several late ranks, the last one is to blame for it
//   M        = copies between memories (a GPU's copy engines); copiesExposed = |M without K and C|
//   idle     = the steps without K, C and M
//   within the steps, compute + exposed + copiesExposed + idle = the steps
//
// Sums are over the recorded steps; all integer nanoseconds.
//
// Where a rank's GPU was recorded, all of this is what the GPU did: a kernel's or copy's own times
// in place of the host's, which only says when it was launched. A message then begins and ends with
// the kernel that moves it. The steps stay the host's; of another tool's trace, the step is all of
// it.
//
// Wait and transfer lie on both sides of another rank's clock. Where the clocks are not known well
// enough (clock_verdict.h), all communication counts as transfer, and the verdict says why.
#pragma once

#include "backend/analysis/clock_verdict.h"
#include "backend/trace/trace.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringscope {

struct CommunicationFigures {
    std::int64_t comm = 0;
    std::int64_t hidden = 0;
    std::int64_t exposed = 0;
    std::int64_t wait = 0;        // the part of `exposed` that is waiting
    std::int64_t hiddenWait = 0;  // the part of `hidden` that is waiting
    std::int64_t transfer = 0;
    std::int64_t unpaired = 0;  // an end of it is not in the trace: wait or transfer
    std::int64_t bytes = 0;     // sent
};

struct RankFigures {
    int rank = 0;
    bool fromGpu = false;   // told by the GPU's own records
    std::int64_t span = 0;  // the recorded steps' wall time
    std::int64_t attention = 0;
    std::int64_t compute = 0;  // |K|, attention included
    std::int64_t copies = 0;   // |M|
    std::int64_t copiesExposed = 0;
    std::int64_t idle = 0;
    CommunicationFigures communication;

    // Of C, hidden behind K; nothing where nothing was communicated.
    std::optional<double> overlapPercent() const;
};

// All layers and recorded steps together.
struct RingStepFigures {
    int rank = 0;
    SpanPass pass = SpanPass::None;
    int ringStep = 0;
    std::int64_t attention = 0;
    CommunicationFigures communication;
};

struct Blame {
    int rank = 0;
    std::int64_t causedWait = 0;  // the others' wait until it posted its end of a message
};

struct RunFindings {
    std::int64_t steps = 0;  // recorded; 1 where another tool recorded no steps
    std::string source;      // that tool; empty: this program
    std::vector<RankFigures> ranks;
    std::vector<RingStepFigures> ringSteps;  // by rank, pass, ring step
    std::vector<Blame> blame;                // by rank
    std::uint64_t dropped = 0;
    std::int64_t clockErrorNs = 0;
    ClockVerdict clock;
    std::uint64_t unmatched = 0;          // messages of which only one end is in the trace
    std::vector<std::string> violations;  // invariants that do not hold: a defect of this program
    std::vector<std::string> notes;       // the trace's, and what missing ranks leave unknown

    // Means over ranks, per step, in milliseconds.
    double exposedMsPerStep() const;
    double waitMsPerStep() const;
    double hiddenWaitMsPerStep() const;
    double transferMsPerStep() const;
    std::optional<double> hiddenPercent() const;  // over all ranks
    // Wait and transfer are told apart for all communication: the clocks let them, and no end of a
    // message is missing.
    bool splitsAll() const;
};

RunFindings analyze(const Trace& trace);
// The same, with trustedMeetings(trace) computed by the caller.
RunFindings analyze(const Trace& trace, const TrustedMeetings& trusted);

}  // namespace ringscope
