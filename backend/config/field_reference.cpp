#include "backend/config/field_reference.h"

#include "backend/config/field_table.h"
#include "backend/config/file_presets.h"
#include "backend/config/settings.h"

namespace ringscope {
namespace {

// A bar would end the table's cell.
std::string cell(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (c == '|') escaped += '\\';
        escaped += c;
    }
    return escaped;
}

std::string row(std::initializer_list<std::string_view> cells) {
    std::string line = "|";
    for (const std::string_view text : cells) line += " " + cell(text) + " |";
    return line + "\n";
}

std::string code(std::string_view text) { return "`" + std::string(text) + "`"; }

std::string sectionHeading(std::string_view section) {
    return "\n## " + std::string(section) + "\n\n" +
           row({"field", "meaning", "value", "unit", "default"}) +
           row({"---", "---", "---", "---", "---"});
}

std::string presetTable() {
    std::string table = "\n## Model presets\n\n" + row({"preset", "meaning"}) + row({"---", "---"});
    for (const ModelPreset& preset : modelPresets()) table += row({code(preset.name), preset.help});
    return table;
}

std::string filePresetTable() {
    std::string table =
        "\n## Presets of a file\n\n`preset: production` at the top of a file gives these values to "
        "fields that nobody wrote; so does each preset of `memory.preset`.\n\n" +
        row({"preset", "meaning", "fields"}) + row({"---", "---", "---"});
    for (const FilePreset& preset : filePresets()) {
        std::string values;
        for (const PresetValue& value : preset.values)
            values += (values.empty() ? "" : ", ") +
                      code(std::string(value.path) + " " + std::string(value.value));
        table += row({code(preset.name), preset.help, values});
    }
    return table;
}

constexpr std::string_view introduction =
    "# Fields of an experiment file\n"
    "\n"
    "Every field has a default. A value in the file goes before it, the environment variable\n"
    "before the file (`RINGSCOPE_MODEL__HIDDEN_SIZE=1024` for `model.hidden_size`), and\n"
    "`--set model.hidden_size=1024` before all others. `matrix:` lists values of any field by its\n"
    "whole path, one run per combination; `repeat:` runs each several times; `baseline:` names "
    "the\n"
    "run that others are compared with.\n"
    "\n"
    "Units are binary everywhere: `128k` and `128Ki` tokens are 131,072, `1M` is 1,048,576, `64k`\n"
    "of bytes are 64 KiB. Fields in tokens take `k`, `M`, `G`, `Ki`, `Mi` and `Gi`.\n";

}  // namespace

std::string fieldReferenceMarkdown() {
    const RunConfig defaults;
    std::string text(introduction);
    std::string_view section;
    for (const Field& field : fieldTable()) {
        if (sectionOf(field.path) != section) {
            section = sectionOf(field.path);
            text += sectionHeading(section);
        }
        text += row(
            {code(field.path), field.help, field.expected, field.unit, code(field.get(defaults))});
    }
    return text + presetTable() + filePresetTable();
}

}  // namespace ringscope
