// What `ringscope trace … --json` says.
#pragma once

#include "backend/analysis/findings.h"
#include "backend/analysis/tool_variants.h"
#include "backend/trace/trace.h"

#include <nlohmann/json_fwd.hpp>
#include <vector>

namespace ringscope::cli {

nlohmann::json analysisJson(const RunFindings& findings, const std::vector<ToolVariants>& variants);
nlohmann::json infoJson(const Trace& trace);

}  // namespace ringscope::cli
