#include "backend/config/settings.h"

#include "backend/config/file_presets.h"
#include "backend/config/memory_preset.h"
#include "backend/config/mode_aliases.h"
#include "backend/config/value_kind.h"
#include "backend/config/value_text.h"
#include "backend/core/text.h"
#include "backend/core/units.h"

#include <algorithm>

namespace ringscope {
namespace {

const ModeAlias* aliasIn(const Field& field, std::string_view text) {
    return field.path == "parallel.mode" ? findModeAlias(trim(text)) : nullptr;
}

constexpr std::string_view environmentPrefix = "RINGSCOPE_";

void addSetting(SettingLayer& layer, const Field& field, std::string_view text, std::string origin,
                std::string where) {
    Result<std::string> value = checkedValue(field, currentSpelling(field, text, where, layer));
    if (!value.ok()) {
        layer.broken.insert(&field);
        layer.problems.push_back({std::move(where), value.error().message});
        return;
    }
    addImplied(layer, field, text, origin, where);
    layer.settings.push_back(
        {&field, std::move(value).value(), std::move(origin), std::move(where)});
}

void imply(SettingLayer& layer, const PresetValue& value, const std::string& origin,
           const std::string& where) {
    const Field* field = findField(value.path);
    layer.implied.push_back({field, checkedValue(*field, value.value).value(), origin, where});
}

template <typename Value>
void addTopValue(SettingLayer& layer, std::optional<Value>& target, Result<Value> value,
                 const std::string& where) {
    if (value.ok())
        target = std::move(value).value();
    else
        layer.problems.push_back({where, value.error().message});
}

bool isOfFileAlone(std::string_view path) {
    return path == "baseline" || path.starts_with("baseline.") || path == "matrix" ||
           path.starts_with("matrix.");
}

void readOverride(SettingLayer& layer, const std::string& text) {
    const std::size_t equals = text.find('=');
    const std::string path(trim(std::string_view(text).substr(0, equals)));
    if (equals == std::string::npos || path.empty()) {
        layer.problems.push_back(
            {"--set", "expected PATH=VALUE like train.steps=20; got " + shown(text)});
        return;
    }
    const std::string value = text.substr(equals + 1);
    const std::string where = "--set " + path;
    if (path == "name") {
        addTopValue(layer, layer.name, parseExperimentName(value), where);
    } else if (path == "repeat") {
        addTopValue(layer, layer.repeat, parseRepeat(value), where);
    } else if (path == "preset") {
        if (const Result<void> added = addPreset(layer, value, "--set", where); !added.ok())
            layer.problems.push_back({where, added.error().message});
    } else if (const Field* field = findField(path)) {
        addSetting(layer, *field, value, "--set", where);
    } else {
        layer.problems.push_back(
            {"--set " + std::string(shown(path)),
             "there is no such field" + (isOfFileAlone(path)
                                             ? "; a file alone has matrix and baseline"
                                             : suggestion(path, allPaths()))});
    }
}

}  // namespace

SettingLayer readEnvironment(const std::map<std::string, std::string>& variables) {
    SettingLayer layer;
    std::map<std::string, const Field*> fields;
    std::vector<std::string> names;
    for (const Field& field : fieldTable()) {
        names.push_back(environmentName(field));
        fields.emplace(names.back(), &field);
    }
    for (const auto& [name, value] : variables) {
        if (!name.starts_with(environmentPrefix)) continue;
        if (name.find("__", environmentPrefix.size()) == std::string::npos) continue;
        if (const auto field = fields.find(name); field != fields.end())
            addSetting(layer, *field->second, value, "environment " + name, name);
        else
            layer.problems.push_back(
                {name, "this variable names no field" + suggestion(name, names)});
    }
    return layer;
}

SettingLayer readOverrides(const std::vector<std::string>& overrides) {
    SettingLayer layer;
    for (const std::string& text : overrides) readOverride(layer, text);
    return layer;
}

Result<std::string> checkedValue(const Field& field, std::string_view text) {
    RunConfig scratch;
    RINGSCOPE_CHECK(field.set(scratch, text));
    return field.get(scratch);
}

std::string currentSpelling(const Field& field, std::string_view text, const std::string& where,
                            SettingLayer& layer) {
    if (const std::optional<std::int64_t> count =
            field.unit == "tokens" ? parseCount(text) : std::nullopt) {
        const std::string path = where.ends_with(field.path) ? "" : std::string(field.path) + ": ";
        layer.notes.push_back(
            {where, path + std::string(trim(text)) + " is " + formatCount(*count) + " tokens"});
    }
    const ModeAlias* alias = aliasIn(field, text);
    if (alias == nullptr) return std::string(text);
    layer.warnings.push_back({where, std::string(field.path) + ": " + modeAliasWarning(*alias)});
    return std::string(alias->now);
}

void addImplied(SettingLayer& layer, const Field& field, std::string_view text,
                const std::string& origin, const std::string& where) {
    const ModeAlias* alias = aliasIn(field, text);
    if (alias == nullptr) return;
    for (const PresetValue& value : alias->implied()) imply(layer, value, origin, where);
}

Result<void> addPreset(SettingLayer& layer, std::string_view text, const std::string& origin,
                       const std::string& where) {
    const std::string_view word = trim(text);
    if (const FilePreset* preset = findFilePreset(word)) {
        for (const PresetValue& value : preset->values)
            imply(layer, value, "preset " + std::string(preset->name), where);
        return {};
    }
    const Field* memory = findField(memoryPresetPath);
    if (findChoice<MemoryPreset>(word)) {
        layer.settings.push_back({memory, std::string(word), origin, where});
        return {};
    }
    layer.broken.insert(memory);
    const std::vector<std::string> words = presetWords();
    return refusedText("one of " + join(words, ", "), words, text);
}

Result<std::string> parseExperimentName(std::string_view text) {
    constexpr std::size_t longest = 100;
    const std::string_view name = trim(text);
    if (name.empty() || name.size() > longest || !isPrintable(name))
        return Error{ErrorCode::InvalidConfig, "expected a name of 1 to " +
                                                   std::to_string(longest) +
                                                   " characters, on one line; got " + shown(text)};
    if (turnsDirection(name))
        return Error{ErrorCode::InvalidConfig,
                     "expected a name without characters that turn the direction of writing; got " +
                         shown(text)};
    return std::string(name);
}

Result<std::int64_t> parseRepeat(std::string_view text) {
    const std::optional<std::int64_t> repeat = parseInteger(text);
    if (!repeat || *repeat < 1 || *repeat > largestExperiment)
        return Error{
            ErrorCode::InvalidConfig,
            "expected an integer, 1 to " + formatCount(largestExperiment) + "; got " + shown(text)};
    return *repeat;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& candidates) {
    const std::optional<std::string> near = nearestWord(word, candidates);
    return near ? "; did you mean '" + *near + "'?" : "";
}

std::string_view sectionOf(std::string_view path) { return path.substr(0, path.find('.')); }

std::string_view keyOf(std::string_view path) { return path.substr(path.find('.') + 1); }

std::vector<std::string> allPaths() {
    std::vector<std::string> paths;
    for (const Field& field : fieldTable()) paths.emplace_back(field.path);
    return paths;
}

}  // namespace ringscope
