#include "backend/migration/experiment_source.h"

#include "backend/config/field_table.h"
#include "backend/config/mode_aliases.h"
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

// Every place of an experiment file where a mode is named.
std::vector<const YamlNode*> modeScalars(const YamlNode& root) {
    std::vector<const YamlNode*> named;
    const auto add = [&](const YamlNode* node) {
        if (node == nullptr) return;
        if (node->kind == YamlNode::Kind::Scalar) named.push_back(node);
        for (const YamlNode& item : node->items) named.push_back(&item);
    };
    add(childOf(childOf(&root, "parallel"), "mode"));
    add(childOf(childOf(&root, "matrix"), modeField));
    add(childOf(childOf(&root, "baseline"), modeField));
    return named;
}

// Replaces the old names from the last to the first, so that positions stay true.
std::string withModeNames(const std::string& raw, const YamlNode& root) {
    std::map<std::size_t, const ModeAlias*> edits;
    for (const YamlNode* node : modeScalars(root)) {
        const ModeAlias* alias = findModeAlias(node->text);
        if (alias == nullptr) continue;
        std::optional<std::size_t> at = byteAtPosition(raw, node->at);
        if (at && node->quoted) ++*at;
        if (at && toLower(raw.substr(*at, alias->old.size())) == alias->old) edits[*at] = alias;
    }
    std::string text = raw;
    for (auto edit = edits.rbegin(); edit != edits.rend(); ++edit)
        text.replace(edit->first, edit->second->old.size(), edit->second->now);
    return text;
}

bool isExperimentKey(std::string_view path) {
    for (const std::string_view section : {"matrix.", "baseline."})
        if (path.starts_with(section)) path.remove_prefix(section.size());
    return findField(path) != nullptr || path == "name" || path == "repeat";
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

}  // namespace

Result<void> migrateExperiment(const SourceFile& file, const SourceTree& tree,
                               const MigrationAnswers& answers, Migration& migration) {
    migration.experiment = withModeNames(file.text, tree.root);
    migration.changed = migration.experiment != file.text;
    RINGSCOPE_TRY(const SourceTree migrated, readSource({file.name, migration.experiment}));
    for (const SourceKey& key : tree.keys) {
        migration.keys.push_back(verdictOf(file, key));
        noteNewModes(migration.keys.back(), migrated);
    }
    validateExperiment(migration.experiment, migration);
    for (const auto& [id, option] : answers.options)
        migration.refusedAnswers.push_back("there is no decision " + shown(id) +
                                           " to make here; none is open");
    return {};
}

}  // namespace ringscope
