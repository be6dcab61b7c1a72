// What a trace's analysis says, for people: the tables of `ringscope trace analyze`.
#pragma once

#include "backend/analysis/recording_cost.h"
#include "backend/analysis/trace_analysis.h"

#include <string>

namespace ringscope {

// A row per rank, who was waited for, the critical path, messages, memory, then sentences. Times
// are milliseconds of a step; of the whole trace where another tool recorded it. Ends with a
// newline.
std::string analysisText(const TraceAnalysis& analysis);

// "412 spans a step, 45 ns each: 0.012 % of it"
std::string recordingWords(const RecordingCost& cost);

}  // namespace ringscope
