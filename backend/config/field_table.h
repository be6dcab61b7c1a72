// One row per field of RunConfig. YAML, environment, command line, validation, `config show`, the
// GUI form and the documentation are all made from these rows; a field is spelled once, here.
#pragma once

#include "backend/config/run_config.h"
#include "backend/core/result.h"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

enum class FieldType {
    Integer,
    Real,
    Switch,
    Text,
    Choice,
    Size,
    StepRange,
    TextList,
    IntegerList,
    RealList
};

struct Field {
    std::string_view path;  // "model.hidden_size"
    FieldType type = FieldType::Text;
    bool nullable = false;             // YAML null is a value: "not set"
    bool alsoList = false;             // of Text: a YAML list is "[a, b]"
    std::string_view unit;             // "tokens", "" where there is none
    std::string_view help;             // one sentence
    std::vector<std::string> choices;  // FieldType::Choice
    std::string constraint;            // "at least 1", "" where any value of the type will do
    std::string expected;              // type and constraint in words: "an integer, at least 1"

    // The value as a user would type it; "null" where a nullable field is not set.
    std::function<std::string(const RunConfig&)> get;
    // Parses and checks one plain text value. The Error says what was expected and what was given,
    // without the path: "expected an integer, at least 1; got 'twelve'".
    std::function<Result<void>(RunConfig&, std::string_view text)> set;
};

std::span<const Field> fieldTable();
const Field* findField(std::string_view path);

// "RINGSCOPE_MODEL__HIDDEN_SIZE" for "model.hidden_size".
std::string environmentName(const Field& field);

struct ModelPreset {
    std::string_view name;
    std::string_view help;
    ModelConfig model;
};
std::span<const ModelPreset> modelPresets();

}  // namespace ringscope
