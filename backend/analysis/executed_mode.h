// The mode that ran, read from the messages in the trace and not from what was asked for.
//
//   ring, 4 ranks     forward 3 send, 3 receive a layer     fits ring, zigzag, striped
//   ulysses           forward 2 all-to-all a layer          fits ulysses
//
// Modes that exchange the same messages and differ in which tokens a rank holds cannot be told
// apart by them; all that fit are named.
#pragma once

#include "backend/plan/schedule.h"
#include "backend/trace/trace.h"

#include <map>
#include <string>
#include <vector>

namespace ringscope {

struct LayerTraffic {
    // How often a rank posts each in one layer of one step, in the mean.
    std::map<Operation, double> forward;
    std::map<Operation, double> backward;
};

struct ExecutedMode {
    std::string configured;         // empty: the trace does not say
    LayerTraffic traffic;           // of attention
    std::vector<std::string> fits;  // modes with this traffic
    bool known = false;             // there is enough to tell: recorded layers of a run of ours
    bool agrees = true;             // the configured one is among those that fit

    // "ring", or where it was another: "ulysses"; "ring or zigzag" where nothing was configured.
    std::string name() const;
    std::string sentence() const;
};

// What a schedule's transfer is called in a trace.
Operation operationOf(TransferKind kind);

// `trace` as withGpuSpans() makes it.
ExecutedMode executedMode(const Trace& trace);

}  // namespace ringscope
