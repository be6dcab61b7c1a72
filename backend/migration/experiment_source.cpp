#include "backend/migration/experiment_source.h"

#include "backend/config/experiment.h"
#include "backend/config/field_table.h"
#include "backend/config/mode_aliases.h"
#include "backend/config/mode_names.h"
#include "backend/config/settings.h"
#include "backend/config/value_text.h"
#include "backend/core/text.h"
#include "backend/migration/text_places.h"

#include <algorithm>
#include <map>
#include <optional>

namespace ringscope {
namespace {

constexpr std::string_view modeField = "parallel.mode";

const YamlNode* childOf(const YamlNode* map, std::string_view key) {
    if (map == nullptr) return nullptr;
    const auto found = std::ranges::find(map->keys, key, &YamlNode::text);
    return found == map->keys.end()
               ? nullptr
               : &map->items[static_cast<std::size_t>(found - map->keys.begin())];
}

// An old name of a mode, and the key that has it.
struct OldMode {
    std::string key;  // "matrix.parallel.mode"
    const YamlNode* node = nullptr;
    const ModeAlias* alias = nullptr;

    // The mode's name alone would be another experiment.
    bool stays() const { return !alias->implied().empty(); }
};

// All of an experiment file.
std::vector<OldMode> oldModes(const YamlNode& root) {
    std::vector<OldMode> found;
    const auto addNamed = [&](const std::string& key, const YamlNode& node) {
        if (const ModeAlias* alias = findModeAlias(node.text)) found.push_back({key, &node, alias});
    };
    const auto add = [&](const std::string& key, const YamlNode* node) {
        if (node == nullptr) return;
        if (node->kind == YamlNode::Kind::Scalar) addNamed(key, *node);
        for (const YamlNode& item : node->items) addNamed(key, item);
    };
    add(std::string(modeField), childOf(childOf(&root, "parallel"), "mode"));
    for (const std::string section : {"matrix", "baseline"})
        add(section + "." + std::string(modeField), childOf(childOf(&root, section), modeField));
    return found;
}

// Replaces the old names from the last to the first, so that positions stay true.
std::string withModeNames(const std::string& raw, const std::vector<OldMode>& modes) {
    std::map<std::size_t, const ModeAlias*> edits;
    for (const OldMode& mode : modes) {
        if (mode.stays()) continue;
        const ModeAlias* alias = mode.alias;
        std::optional<std::size_t> at = byteAtPosition(raw, mode.node->at);
        if (at && mode.node->quoted) ++*at;
        if (at && toLower(raw.substr(*at, alias->old.size())) == alias->old) edits[*at] = alias;
    }
    std::string text = raw;
    for (auto edit = edits.rbegin(); edit != edits.rend(); ++edit)
        text.replace(edit->first, edit->second->old.size(), edit->second->now);
    return text;
}

bool isExperimentKey(std::string_view path) {
    if (path == "name" || path == "preset" || path == "repeat") return true;
    for (const std::string_view section : {"matrix.", "baseline."})
        if (path.starts_with(section)) path.remove_prefix(section.size());
    return findField(path) != nullptr;
}

KeyVerdict verdictOf(const SourceFile& file, const SourceKey& key) {
    KeyVerdict verdict{.file = file.name,
                       .path = key.path,
                       .line = key.at.line,
                       .column = key.at.column,
                       .old = key.text,
                       .newPath = key.path,
                       .newValue = key.text,
                       .newLine = key.at.line,
                       .verdict = Verdict::Kept,
                       .reason = "as it is"};
    if (!isExperimentKey(key.path)) {
        verdict.verdict = Verdict::Unknown;
        verdict.reason = "no field of an experiment" + suggestion(key.path, allPaths());
    }
    return verdict;
}

void noteNewModes(KeyVerdict& verdict, const SourceTree& migrated) {
    const SourceKey* key = migrated.find(verdict.path);
    if (key == nullptr || key->text == verdict.old) return;
    verdict.verdict = Verdict::Converted;
    verdict.newValue = key->text;
    verdict.reason = "old names of modes; only these words of the file change";
}

void noteModesThatStay(KeyVerdict& verdict, const std::vector<OldMode>& modes) {
    for (const OldMode& mode : modes)
        if (mode.key == verdict.path && mode.stays())
            verdict.reason +=
                "; the name stays, as it means more than a mode: " + modeAliasWarning(*mode.alias);
}

// The mode of the file; what the old class of its name did where there was one.
OldWay oldWayOf(const std::string& experiment, const std::vector<OldMode>& modes) {
    const ExperimentReading reading = readMigrated(experiment);
    if (!reading.ok() || reading.experiment.base.parallel.sp == 1) return {};
    const auto named = std::ranges::find(modes, modeField, &OldMode::key);
    if (named != modes.end() && named->alias->wasLegacy)
        return {.mode = std::string(modenames::legacy),
                .words =
                    "what the class of that name did: keys and values are gathered on every "
                    "rank"};
    return {
        .mode = reading.experiment.base.parallel.mode,
        .words = named != modes.end() ? std::string(named->alias->meaning) : "as the file says"};
}

}  // namespace

Result<void> migrateExperiment(const SourceFile& file, const SourceTree& tree,
                               const MigrationAnswers& answers, Migration& migration) {
    const std::vector<OldMode> modes = oldModes(tree.root);
    migration.experiment = withModeNames(file.text, modes);
    migration.changed = migration.experiment != file.text;
    RINGSCOPE_TRY(const SourceTree migrated, readSource({file.name, migration.experiment}));
    for (const SourceKey& key : tree.keys) {
        migration.keys.push_back(verdictOf(file, key));
        noteNewModes(migration.keys.back(), migrated);
        noteModesThatStay(migration.keys.back(), modes);
    }
    validateExperiment(migration.experiment, migration);
    migration.oldWay = oldWayOf(migration.experiment, modes);
    for (const auto& [id, option] : answers.options)
        migration.refusedAnswers.push_back("there is no decision " + shown(id) +
                                           " to make here; none is open");
    return {};
}

}  // namespace ringscope
