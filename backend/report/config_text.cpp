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

std::string_view typeName(FieldType type) {
    switch (type) {
        case FieldType::Integer:
            return "integer";
        case FieldType::Real:
            return "number";
        case FieldType::Switch:
            return "boolean";
        case FieldType::Text:
            return "text";
        case FieldType::Choice:
            return "choice";
        case FieldType::Size:
            return "size";
        case FieldType::StepRange:
            return "step range";
        case FieldType::TextList:
            return "list of texts";
        case FieldType::IntegerList:
            return "list of integers";
        case FieldType::RealList:
            return "list of numbers";
    }
    return "";
}

}  // namespace

std::string experimentText(const Experiment& experiment) {
    return "name: " + experiment.name + '\n' + toYaml(experiment.base) + matrixText(experiment);
}

std::string experimentTextOf(const RunRecord& run) {
    Experiment experiment;
    experiment.name = run.experiment;
    experiment.base = run.config;
    return experimentText(experiment);
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

std::string fieldsJson() {
    const RunConfig defaults;
    nlohmann::json object = {{"schema_version", jsonSchemaVersion},
                             {"fields", nlohmann::json::array()},
                             {"presets", nlohmann::json::array()}};
    for (const Field& field : fieldTable())
        object["fields"].push_back({{"path", field.path},
                                    {"type", typeName(field.type)},
                                    {"expected", field.expected},
                                    {"unit", field.unit},
                                    {"help", field.help},
                                    {"default", field.get(defaults)},
                                    {"nullable", field.nullable},
                                    {"choices", field.choices},
                                    {"environment", environmentName(field)}});
    for (const ModelPreset& preset : modelPresets())
        object["presets"].push_back({{"name", preset.name}, {"help", preset.help}});
    return reporting::jsonDump(object);
}

}  // namespace ringscope
