// What changed between two traces of the same work, in order of its effect on the step time.
//
// A step's time is split into parts that add up to it (step_parts.h), so the differences of the
// parts add up to the difference of the step times. Beside that, attention and exposed
// communication of each layer, pass and ring step, and the recorded steps one by one. All means
// over ranks, of one step, in nanoseconds.
#pragma once

#include "backend/trace/trace.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ringscope {

struct DiffEffect {
    std::string what;  // "wait for rank 3"
    double before = 0;
    double after = 0;
    double change() const { return after - before; }
};

struct DiffPlace {
    int layer = -1;
    SpanPass pass = SpanPass::None;
    int ringStep = -1;
    double attentionBefore = 0;
    double attentionAfter = 0;
    double exposedBefore = 0;
    double exposedAfter = 0;
    double change() const {
        return attentionAfter - attentionBefore + exposedAfter - exposedBefore;
    }
};

struct DiffStep {
    int index = 0;  // of the recorded ones
    double before = 0;
    double after = 0;
};

struct TraceDiff {
    std::string before;
    std::string after;
    double stepBefore = 0;
    double stepAfter = 0;
    std::vector<DiffEffect> effects;  // largest change first
    std::vector<DiffPlace> places;    // likewise
    std::vector<DiffStep> steps;
    std::vector<std::string> notes;  // what makes the two hard to compare
    double change() const { return stepAfter - stepBefore; }
    // "zigzag saves 31.0 ms per step (102 -> 71.0 ms): 27.0 ms less wait for rank 3, 4.00 ms
    // less launch gap"
    std::string sentence() const;
};

TraceDiff diffTraces(const Trace& before, const std::string& beforeName, const Trace& after,
                     const std::string& afterName);

}  // namespace ringscope
