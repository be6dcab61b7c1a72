// What is in a trace, for people: the tables of `ringscope trace info`, `steps`, `top`, `diff`.
// Each text ends with a newline and with the trace's notes, a line each.
#pragma once

#include "backend/analysis/top_spans.h"
#include "backend/analysis/trace_analysis.h"
#include "backend/analysis/trace_diff.h"
#include "backend/trace/file/trace_contents.h"

#include <cstddef>
#include <string>
#include <vector>

namespace ringscope {

// A line per rank, and below it its spans by host and GPU stream.
std::string traceInfoText(const TraceContents& trace);

// The matrix of ring steps: for each pass a row per rank and a column per ring step.
std::string ringStepText(const RunFindings& findings);

// At most `most` names; a last line counts the others. This text has no notes.
std::string topSpansText(const std::vector<TopSpan>& spans, std::size_t most);

// The largest effect on the step first, then the ten places that changed most.
std::string traceDiffText(const TraceDiff& diff);

}  // namespace ringscope
