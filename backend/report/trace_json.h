// What `ringscope trace … --json` and `--csv` print, for programs. Each JSON text is one object
// that ends with a newline; each CSV has a line of names and a line per row, and is empty
// where there is no row. Keys are only ever added; `schema_version` says which set an object has.
#pragma once

#include "backend/analysis/top_spans.h"
#include "backend/analysis/trace_analysis.h"
#include "backend/analysis/trace_diff.h"
#include "backend/trace/file/trace_contents.h"

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace ringscope {

// Rows of the CSV: the ranks.
std::string traceInfoJson(const TraceContents& trace);
std::string traceInfoCsv(const TraceContents& trace);

// Rows of the CSV: the ranks. A figure that was not measured is null; wait and transfer are null
// where the clocks do not tell them apart.
std::string analysisJson(const TraceAnalysis& analysis);
std::string analysisCsv(const TraceAnalysis& analysis);

// ring_steps[]: a row for each rank, pass and ring step.
std::string ringStepJson(const RunFindings& findings);
std::string ringStepCsv(const RunFindings& findings);

inline constexpr std::size_t allSpans = std::numeric_limits<std::size_t>::max();

// spans[]: a row for each of the first `most` names.
std::string topSpansJson(const std::vector<TopSpan>& spans, std::size_t most = allSpans);
std::string topSpansCsv(const std::vector<TopSpan>& spans, std::size_t most = allSpans);

// Rows of the CSV: the effects.
std::string traceDiffJson(const TraceDiff& diff);
std::string traceDiffCsv(const TraceDiff& diff);

}  // namespace ringscope
