#include "backend/report/foresight_text.h"

#include "backend/core/units.h"
#include "backend/report/aligned_table.h"
#include "backend/report/json_rows.h"
#include "backend/report/run_json.h"

#include <fmt/format.h>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

namespace ringscope {
namespace {

std::string millisecondsText(double milliseconds) {
    return formatDuration(Nanos(static_cast<std::int64_t>(milliseconds * 1e6)));
}

}  // namespace

std::string foresightText(const Foresight& foresight, const Machine& machine) {
    std::string text;
    if (!foresight.runs.empty()) {
        std::vector<std::vector<std::string>> rows{{"name", "mode", "ranks", "predicted",
                                                    "measured", "error", "exposed, predicted",
                                                    "measured", "peak error"}};
        for (const CheckedRun& run : foresight.runs)
            rows.push_back({run.name, run.mode, std::to_string(run.ranks),
                            millisecondsText(run.predicted.stepMs) + (run.beforehand ? "" : " *"),
                            millisecondsText(run.measuredMs),
                            fmt::format("{:+.1f} %", run.errorPercent()),
                            millisecondsText(run.predicted.exposedMs),
                            run.measuredExposedMs ? millisecondsText(*run.measuredExposedMs) : "-",
                            fmt::format("{:+.1f} %", run.peakErrorPercent())});
        text += alignedTable(rows, 2);
        text += fmt::format(
            "\n{} runs on {} (measured on {}): steps take {:+.1f} % ± {:.1f} of what was "
            "predicted; "
            "mean error {:.1f} %, largest {:.1f} %.\n",
            foresight.runs.size(), machine.about, machine.measured, foresight.meanPercent,
            foresight.deviation, foresight.meanAbsPercent, foresight.worstAbsPercent);
        if (!std::ranges::all_of(foresight.runs, &CheckedRun::beforehand))
            text += "* predicted now: this calibration was not there when the run began.\n";
    }
    for (const std::string& sentence : foresight.leftOut) text += sentence + ".\n";
    return text.empty() ? "there is no run to compare; run an experiment on this machine first\n"
                        : text;
}

std::string foresightJson(const Foresight& foresight, const Machine& machine) {
    nlohmann::ordered_json object = {{"schema_version", jsonSchemaVersion},
                                     {"machine", machine.name},
                                     {"measured", machine.measured},
                                     {"mean_pct", foresight.meanPercent},
                                     {"deviation", foresight.deviation},
                                     {"mean_abs_pct", foresight.meanAbsPercent},
                                     {"worst_abs_pct", foresight.worstAbsPercent},
                                     {"runs", nlohmann::ordered_json::array()},
                                     {"left_out", foresight.leftOut}};
    for (const CheckedRun& run : foresight.runs)
        object["runs"].push_back(
            {{"name", run.name},
             {"mode", run.mode},
             {"ranks", run.ranks},
             {"beforehand", run.beforehand},
             {"predicted_ms", run.predicted.stepMs},
             {"measured_ms", run.measuredMs},
             {"error_pct", run.errorPercent()},
             {"predicted_exposed_ms", run.predicted.exposedMs},
             {"predicted_wait_ms", run.predicted.waitMs},
             {"measured_exposed_ms", run.measuredExposedMs
                                         ? nlohmann::ordered_json(*run.measuredExposedMs)
                                         : nlohmann::ordered_json(nullptr)},
             {"predicted_peak_bytes", run.predictedPeakBytes},
             {"measured_peak_bytes", run.measuredPeakBytes},
             {"peak_error_pct", run.peakErrorPercent()}});
    return reporting::jsonDump(object);
}

}  // namespace ringscope
