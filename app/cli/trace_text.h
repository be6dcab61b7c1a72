// What `ringscope trace …` prints for people.
#pragma once

#include "backend/analysis/top_spans.h"
#include "backend/analysis/trace_analysis.h"
#include "backend/analysis/trace_diff.h"
#include "backend/trace/file/trace_contents.h"

#include <cstddef>
#include <string>
#include <vector>

namespace ringscope::cli {

std::string infoText(const TraceContents& trace);
std::string analysisText(const TraceAnalysis& analysis);

// The matrix of ring steps: for each pass a row a rank and a column a ring step.
std::string ringStepText(const RunFindings& findings);
std::string topText(const std::vector<TopSpan>& spans, std::size_t most);
std::string diffText(const TraceDiff& diff);

}  // namespace ringscope::cli
