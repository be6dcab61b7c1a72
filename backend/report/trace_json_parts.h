// Pieces that more than one of trace_json.h's objects has.
#pragma once

#include "backend/analysis/findings.h"
#include "backend/analysis/recording_cost.h"

#include <nlohmann/json_fwd.hpp>
#include <optional>

namespace ringscope::reporting {

// Wait and transfer are null where the clocks do not let them be told apart (`splits`).
nlohmann::ordered_json communicationJson(const CommunicationFigures& figures, bool splits);

// Null where nobody measured it.
nlohmann::ordered_json recordingJson(const std::optional<RecordingCost>& cost);

// The matrix of ring steps: an object for each rank, pass and ring step.
nlohmann::ordered_json ringStepRows(const RunFindings& findings);

}  // namespace ringscope::reporting
