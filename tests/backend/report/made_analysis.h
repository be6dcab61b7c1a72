// Analyses with known figures for the tests of their texts and JSON.
#pragma once

#include "backend/analysis/trace_analysis.h"
#include "tests/backend/analysis/made_ring.h"

namespace ringscope {

// Two ranks in mode ring, three steps; rank 1 attends half a millisecond longer.
inline Trace madeTrace() {
    return mergeRanks(test::madeRing({.ranks = 2, .slow = 1, .slowBy = 500'000}));
}

// One rank whose clock cannot be compared: `splits` is false and nothing else is known.
inline TraceAnalysis bareAnalysis() {
    TraceAnalysis analysis;
    analysis.findings.steps = 2;
    analysis.findings.clock.splits = false;
    analysis.findings.clock.sentence = "the clocks are not known";
    RankFigures rank;
    rank.span = 20'000'000;
    rank.attention = 8'000'000;
    rank.compute = 10'000'000;
    rank.communication.comm = 4'000'000;
    rank.communication.hidden = 3'000'000;
    rank.communication.exposed = 1'000'000;
    analysis.findings.ranks = {rank};
    analysis.parts.resize(1);
    return analysis;
}

}  // namespace ringscope
