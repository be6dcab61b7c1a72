// What `ringscope trace … --json` and `--csv` say.
#pragma once

#include "backend/analysis/top_spans.h"
#include "backend/analysis/trace_analysis.h"
#include "backend/analysis/trace_diff.h"
#include "backend/trace/file/trace_contents.h"

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace ringscope::cli {

nlohmann::ordered_json analysisJson(const TraceAnalysis& analysis);
nlohmann::ordered_json infoJson(const TraceContents& trace);
nlohmann::ordered_json diffJson(const TraceDiff& diff);

// The matrix of ring steps: an object for each rank, pass and ring step.
nlohmann::ordered_json ringStepRows(const RunFindings& findings);
nlohmann::ordered_json topRows(const std::vector<TopSpan>& spans);

// An array of objects as RFC 4180: the first one's keys are the head; null is empty, what is
// neither text nor number is left out.
std::string csvOf(const nlohmann::ordered_json& rows);

}  // namespace ringscope::cli
