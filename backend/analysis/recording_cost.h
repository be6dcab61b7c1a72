// What recording cost the ranks: the spans of a step, times what a span costs on that machine as
// the rank's recorder measured it (SpanRecorder::measureSpanCost).
#pragma once

#include "backend/trace/file/trace_contents.h"
#include "backend/trace/trace.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace ringscope {

struct RecordingCost {
    int rank = 0;
    std::int64_t spanNs = 0;  // one span, of its thread's time
    double spansPerStep = 0;  // on all threads of the rank, those that were dropped too
    double percentOfStep =
        0;  // all of them together; some cost threads that have nothing else to do
};

// Nothing of a rank that did not measure it, as other tools' do not, or has no whole step.
std::optional<RecordingCost> recordingCost(const RankContents& rank);
std::vector<RecordingCost> recordingCosts(const Trace& trace);

}  // namespace ringscope
