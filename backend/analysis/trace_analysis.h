// All analyses of a trace, computed together.
#pragma once

#include "backend/analysis/attention_slowdown.h"
#include "backend/analysis/bandwidth.h"
#include "backend/analysis/critical_path.h"
#include "backend/analysis/executed_mode.h"
#include "backend/analysis/findings.h"
#include "backend/analysis/memory.h"
#include "backend/analysis/recording_cost.h"
#include "backend/analysis/step_parts.h"
#include "backend/analysis/tool_variants.h"
#include "backend/analysis/top_spans.h"
#include "backend/trace/trace.h"

#include <optional>
#include <string>
#include <vector>

namespace ringscope {

struct TraceAnalysis {
    RunFindings findings;
    std::vector<StepParts> parts;  // by rank, as findings.ranks
    CriticalPath path;
    ExecutedMode mode;
    std::vector<Bandwidth> bandwidths;
    std::optional<AttentionSlowdown> slowdown;
    std::vector<ToolVariants> variants;    // by rank
    std::vector<MemoryPeak> memory;        // of the ranks whose memory was recorded
    std::vector<RecordingCost> recording;  // of the ranks that measured it
    std::vector<std::string> violations;   // of all of these: defects of this program
    // Of another tool's trace in which no kernel is known as communication: its longest kernels.
    std::vector<TopSpan> unknownKernels{};

    // By how much the busiest rank computes more than the mean; nothing for one rank, or none busy.
    std::optional<double> imbalancePercent() const;
};

TraceAnalysis analyzeAll(const Trace& trace);

}  // namespace ringscope
