// What `ringscope trace …` prints for people.
#pragma once

#include "backend/analysis/findings.h"
#include "backend/analysis/tool_variants.h"
#include "backend/trace/trace.h"

#include <string>
#include <vector>

namespace ringscope::cli {

std::string analysisText(const RunFindings& findings, const std::vector<ToolVariants>& variants);
std::string infoText(const Trace& trace);

}  // namespace ringscope::cli
