// The JSON that programs read: `run --json`, `runs show --json`, the .json report. Its fields only
// ever grow; `schema_version` says which set this is.
#pragma once

#include "backend/compare/comparison.h"
#include "backend/run/experiment_plan.h"
#include "backend/run/run_record.h"

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace ringscope {

// Of all JSON but that of migration. Since 2 a wait is exposed, and a hidden wait a field of its
// own.
inline constexpr int jsonSchemaVersion = 2;

// id, name, mode, status, reason, ranks, seq_len, first_step, steps, tokens_per_s,
// step_ms{median,p95}, losses[], grad_norms[], peak_bytes, comm_bytes_per_step,
// predicted_comm_bytes_per_step, gradient_bytes_per_step, predicted_gradient_bytes_per_step,
// prediction{step_ms,exposed_ms_per_step,wait_ms_per_step,step_error_pct …}, unpredicted (why there
// is none), parity{reference,max_loss_diff,max_grad_norm_rel_diff} …; a figure that was not
// measured is null.
nlohmann::json toJson(const RunRecord& run);
nlohmann::json toJson(const Comparison& comparison);

// schema_version, runs[]: what `runs ls --json` and `runs show --json` print. Ends with a newline.
// `more`: members for each run besides those of its record.
using MoreOfRun = std::function<nlohmann::json(const RunRecord& run)>;
std::string runsJson(const std::vector<RunRecord>& runs, const MoreOfRun& more = {});

// name, mode, reason of each.
nlohmann::json refusalsJson(const std::vector<RefusedRun>& refused);

// A list of the lines; null where there is none.
nlohmann::json problemsJson(const std::string& lines);

// The runs of an experiment that has ended, and what became of them.
struct SessionRuns {
    std::string experimentId{};
    std::string store{};  // its file
    int exitCode = 0;     // of the program that ran them
    std::vector<RunRecord> runs{};
    std::vector<RunRecord> references{};
    std::vector<RefusedRun> refused{};
    std::string problem{};  // why nothing ran, a line each; empty: something did
};

// schema_version, experiment_id, store, exit_code, runs[], references[], refusals[], problems[]
// (null where something ran), and comparison{} where the runs can be compared: what `run --json`
// and `demo --json` print. Ends with a newline.
std::string sessionJson(const SessionRuns& session);

namespace reporting {

// Null where there is no value, and where it is not finite.
nlohmann::json orNull(const std::optional<double>& value);

}  // namespace reporting
}  // namespace ringscope
