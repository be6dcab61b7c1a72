// Who recorded a trace, as JSON: in a file's header and in exports.
#pragma once

#include "backend/trace/rank_trace.h"

#include <nlohmann/json_fwd.hpp>
#include <optional>

namespace ringscope {

nlohmann::json traceOriginJson(const TraceOrigin& origin);
// Nothing where the words are not those of an origin, or name an impossible rank.
std::optional<TraceOrigin> traceOriginFrom(const nlohmann::json& words);

}  // namespace ringscope
