#include "backend/report/config_text.h"

#include "backend/config/field_table.h"
#include "backend/core/text.h"
#include "backend/report/json_rows.h"
#include "backend/report/run_json.h"

#include <fmt/format.h>
#include <algorithm>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

std::string originOf(const Experiment& experiment, const Field& field) {
    const auto found = experiment.origins.find(std::string(field.path));
    return found == experiment.origins.end() ? "default" : found->second;
}

std::string matrixText(const Experiment& experiment) {
    std::string text = experiment.matrix.empty() ? "" : "matrix:\n";
    for (const MatrixAxis& axis : experiment.matrix)
        text += "  " + axis.path + ": [" + join(axis.values, ", ") + "]\n";
    if (experiment.repeat != 1) text += fmt::format("repeat: {}\n", experiment.repeat);
    return text;
}

}  // namespace

std::string experimentText(const Experiment& experiment) {
    return "name: " + experiment.name + '\n' + toYaml(experiment.base) + matrixText(experiment);
}

std::string originsText(const Experiment& experiment) {
    std::size_t path = 0;
    std::size_t value = 0;
    for (const Field& field : fieldTable()) {
        path = std::max(path, field.path.size());
        value = std::max(value, field.get(experiment.base).size());
    }
    std::string text;
    for (const Field& field : fieldTable())
        text += fmt::format("{:<{}}  {:<{}}  {}\n", field.path, path, field.get(experiment.base),
                            value, originOf(experiment, field));
    return text + matrixText(experiment);
}

std::string experimentJson(const Experiment& experiment) {
    nlohmann::json object = {{"schema_version", jsonSchemaVersion},
                             {"name", experiment.name},
                             {"repeat", experiment.repeat},
                             {"matrix", nlohmann::json::object()},
                             {"fields", nlohmann::json::array()}};
    for (const MatrixAxis& axis : experiment.matrix) object["matrix"][axis.path] = axis.values;
    for (const Field& field : fieldTable())
        object["fields"].push_back({{"path", field.path},
                                    {"value", field.get(experiment.base)},
                                    {"unit", field.unit},
                                    {"origin", originOf(experiment, field)}});
    return reporting::jsonDump(object);
}

}  // namespace ringscope
