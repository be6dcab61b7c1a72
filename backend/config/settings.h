// The values that a source (the file, the environment, the command line) sets, before the sources
// are laid over each other. Each value has been checked by itself.
#pragma once

#include "backend/config/experiment.h"
#include "backend/config/field_table.h"
#include "backend/core/result.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

// One value that was written for one field.
struct Setting {
    const Field* field = nullptr;
    std::string value;   // as Field::get writes it
    std::string origin;  // "four.yaml:12:3", "environment RINGSCOPE_TRAIN__STEPS", "--set"
    std::string where;   // the same place for a problem, see ConfigProblem
};

struct SettingLayer {
    std::optional<std::string> name;
    std::optional<std::int64_t> repeat;
    std::vector<Setting> settings;        // in the order written
    std::vector<Setting> implied{};       // by old spellings and presets; what is written counts
                                          // more
    std::set<const Field*> broken;        // written, but not with a value that can be used
    std::vector<ConfigProblem> problems;  // in the order written
    std::vector<ConfigProblem> warnings;  // likewise
    std::vector<ConfigProblem> notes;     // likewise
};

// RINGSCOPE_X__Y variables. Others are ignored.
SettingLayer readEnvironment(const std::map<std::string, std::string>& variables);

// "path=value" for a field, `name` or `repeat`.
SettingLayer readOverrides(const std::vector<std::string>& overrides);

// The value as Field::get writes it, or what is wrong with it.
Result<std::string> checkedValue(const Field& field, std::string_view text);

// An old spelling as the field spells it now, with a warning of the layer; other text as it is. A
// number of tokens with a unit gets a note that has its digits.
std::string currentSpelling(const Field& field, std::string_view text, const std::string& where,
                            SettingLayer& layer);

// What an old spelling of a field's value says of other fields.
void addImplied(SettingLayer& layer, const Field& field, std::string_view text,
                const std::string& origin, const std::string& where);

// The fields of the preset that `text` names: one of memory.preset, or of file_presets.h. An Error
// names all of them.
Result<void> addPreset(SettingLayer& layer, std::string_view text, const std::string& origin,
                       const std::string& where);

// Values of the two keys that are not fields.
Result<std::string> parseExperimentName(std::string_view text);
Result<std::int64_t> parseRepeat(std::string_view text);

// "; did you mean 'hidden_size'?", or nothing where no candidate is near.
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

// The part before and after the last dot: {"model", "hidden_size"}.
std::string_view sectionOf(std::string_view path);
std::string_view keyOf(std::string_view path);

std::vector<std::string> allPaths();

constexpr std::int64_t largestExperiment = 10'000;  // runs

}  // namespace ringscope
