#include "backend/report/pattern_tables.h"
#include "backend/report/run_json.h"
#include "backend/report/wording.h"
#include "backend/report/writers.h"

#include <nlohmann/json.hpp>

namespace ringscope::reporting {
namespace {

nlohmann::json patternFiguresJson(const PatternFigures& figures) {
    return {{"loss", figures.loss},
            {"validation_loss", orNull(figures.validationLoss)},
            {"pairs", figures.pairs},
            {"comm_bytes_per_step", orNull(figures.bytesPerStep)},
            {"step_ms", orNull(figures.stepMs)}};
}

nlohmann::json patternJson(const PatternCost& cost) {
    return {{"configuration", validUtf8(cost.group->label)},
            {"dense", validUtf8(cost.dense->label)},
            {"step", cost.own.step},
            {"coverage", cost.coverage()},
            {"figures", patternFiguresJson(cost.own)},
            {"figures_of_dense", patternFiguresJson(cost.ofDense)}};
}

}  // namespace

std::string writeJson(const Report& report) {
    nlohmann::json object = {{"schema_version", jsonSchemaVersion},
                             {"title", validUtf8(report.title)},
                             {"created", nullptr},
                             {"comparison", toJson(report.comparison)},
                             {"runs", nlohmann::json::array()}};
    for (const PatternCost& cost : patternCosts(report))
        object["patterns"].push_back(patternJson(cost));
    if (report.createdUs != 0) object["created"] = utcIso(report.createdUs);
    for (const RunRecord& run : report.runs) object["runs"].push_back(toJson(run));
    return object.dump(2) + "\n";
}

}  // namespace ringscope::reporting
