#include "backend/report/run_json.h"
#include "backend/report/wording.h"
#include "backend/report/writers.h"

#include <nlohmann/json.hpp>

namespace ringscope::reporting {

std::string writeJson(const Report& report) {
    nlohmann::json object = {{"schema_version", jsonSchemaVersion},
                             {"title", validUtf8(report.title)},
                             {"created", nullptr},
                             {"comparison", toJson(report.comparison)},
                             {"runs", nlohmann::json::array()}};
    if (report.createdUs != 0) object["created"] = utcIso(report.createdUs);
    for (const RunRecord& run : report.runs) object["runs"].push_back(toJson(run));
    return object.dump(2) + "\n";
}

}  // namespace ringscope::reporting
