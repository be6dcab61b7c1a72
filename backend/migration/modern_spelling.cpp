#include "backend/migration/modern_spelling.h"

#include "backend/config/mode_aliases.h"
#include "backend/config/source_text.h"
#include "backend/core/text.h"
#include "backend/migration/source_table.h"
#include "backend/migration/source_tree.h"
#include "backend/migration/text_places.h"

#include <algorithm>
#include <array>
#include <map>

namespace ringscope {
namespace {

constexpr std::string_view preRelease =
    "parallelism_config.parallelism_config_cp_backend=deepspeed";

constexpr std::array changes = {
    SpellingChange{accelerateKind,
                   3,
                   "parallelism_config.parallelism_config_cp_size",
                   "parallelism_config_sp_size",
                   {},
                   {},
                   "accelerate 1.12",
                   {},
                   preRelease},
    SpellingChange{accelerateKind,
                   3,
                   "parallelism_config.parallelism_config_cp_seq_length",
                   "parallelism_config_sp_seq_length",
                   {},
                   {},
                   "accelerate 1.12",
                   {},
                   preRelease},
    SpellingChange{accelerateKind,
                   3,
                   "parallelism_config.parallelism_config_cp_seq_length_is_variable",
                   "parallelism_config_sp_seq_length_is_variable",
                   {},
                   {},
                   "accelerate 1.12",
                   {},
                   preRelease},
    SpellingChange{accelerateKind,
                   3,
                   "parallelism_config.parallelism_config_cp_attn_implementation",
                   "parallelism_config_sp_attn_implementation",
                   {},
                   {},
                   "accelerate 1.12",
                   {},
                   preRelease},
    SpellingChange{accelerateKind,
                   3,
                   "parallelism_config.parallelism_config_cp_backend",
                   "parallelism_config_sp_backend",
                   {},
                   {},
                   "accelerate 1.12",
                   {},
                   preRelease},
    SpellingChange{axolotlKind,
                   3,
                   "sequence_parallel_degree",
                   "context_parallel_size",
                   {},
                   {},
                   "axolotl 0.12"},
    SpellingChange{"openrlhf", 3, "ring_attn_size", "ds.ring_attn_size"},
    SpellingChange{"openrlhf", 3, "ring_head_stride", "ds.ring_attn_head_stride"},
    SpellingChange{llamaFactoryKind,
                   3,
                   "evaluation_strategy",
                   "eval_strategy",
                   {},
                   {},
                   "transformers 4.41",
                   "transformers 4.46"},
    SpellingChange{alstForkKind,
                   3,
                   "evaluation_strategy",
                   "eval_strategy",
                   {},
                   {},
                   "transformers 4.41",
                   "transformers 4.46"},
    SpellingChange{"transformers",
                   3,
                   "evaluation_strategy",
                   "eval_strategy",
                   {},
                   {},
                   "transformers 4.41",
                   "transformers 4.46"},
    SpellingChange{swiftKind,
                   3,
                   "evaluation_strategy",
                   "eval_strategy",
                   {},
                   {},
                   "transformers 4.41",
                   "transformers 4.46"},
    SpellingChange{
        swiftKind, 3, "model_id_or_path", "model", {}, {}, "ms-swift 3.0", "ms-swift 3.0"},
    SpellingChange{swiftKind, 3, "sft_type", "train_type", {}, {}, "ms-swift 3.0", "ms-swift 3.0"},
    SpellingChange{alstForkKind, 3, "sequence_parallel_mode", {}, "ulysses", "deepspeed-alst"},
    SpellingChange{alstForkKind, 4, "sequence_parallel_mode", {}, "zigzag-ring", "deepspeed-alst"},
    SpellingChange{alstForkKind, 4, "sequence_parallel_mode", {}, "llama3", "deepspeed-alst"},
};

constexpr std::array timeline = {
    TimelineStep{"0.3.0", "old names of ring attention classes work, with a warning"},
    TimelineStep{"0.4.0", "they are in legacy/"},
    TimelineStep{"0.5.0", "they are gone"},
};

bool holdsIn(const SourceTree& tree, std::string_view condition) {
    if (condition.empty()) return true;
    const std::size_t equals = condition.find('=');
    const SourceKey* key = tree.find(condition.substr(0, equals));
    return key != nullptr && key->text == condition.substr(equals + 1);
}

// What stands at a place of the text, and what replaces it.
struct TextEdit {
    std::string old;
    std::string now;
};

class Moderniser {
public:
    Moderniser(const SourceFile& file, const SourceTree& tree, const Source& kind, int phase)
        : file_(file), tree_(tree), kind_(kind), phase_(phase) {}

    ModernFile made() {
        for (const SpellingChange& change : changes)
            if (change.kind == kind_.kind && change.phase <= phase_ &&
                holdsIn(tree_, change.onlyWith))
                apply(change);
        writeOutDefault();
        // From the last to the first, so that places stay true.
        for (auto edit = edits_.rbegin(); edit != edits_.rend(); ++edit)
            made_.text.replace(edit->first, edit->second.old.size(), edit->second.now);
        return std::move(made_);
    }

private:
    void apply(const SpellingChange& change) {
        const SourceKey* key = tree_.find(change.key);
        if (key == nullptr || (!change.value.empty() && key->text != change.value)) return;
        const bool rename = !change.nowKey.empty();
        const bool option = key->path.starts_with("--");
        const std::string written = option ? key->path : key->path.substr(key->path.rfind('.') + 1);
        const std::string old = rename ? written : key->text;
        const std::string now = rename ? (option ? "--" : "") + std::string(change.nowKey)
                                       : std::string(change.nowValue);
        if (rename && isThere(*key, change.nowKey)) return;
        std::optional<std::size_t> at = byteAtPosition(file_.text, rename ? key->at : key->valueAt);
        if (at && (file_.text[*at] == '"' || file_.text[*at] == '\'')) ++*at;
        if (!at || file_.text.compare(*at, old.size(), old) != 0) return;
        edits_[*at] = {old, now};
        std::string text = "line " + std::to_string(key->at.line) + ": " + old + " -> " + now;
        if (!change.since.empty()) text += ", from " + std::string(change.since);
        if (!change.gone.empty()) text += "; the old one is gone in " + std::string(change.gone);
        made_.changes.push_back(std::move(text));
    }

    // Whether the new key stands beside the old one already.
    bool isThere(const SourceKey& key, std::string_view nowKey) const {
        const std::string path = key.path.substr(0, key.path.rfind('.') + 1) + std::string(nowKey);
        return tree_.find(path) != nullptr || tree_.find(nowKey) != nullptr;
    }

    // From phase 2 on the fork's default is another mode than before it: the old one is written.
    void writeOutDefault() {
        const bool family = kind_.kind == llamaFactoryKind || kind_.kind == alstForkKind;
        const SourceKey* size = tree_.find("sequence_parallel_size");
        if (phase_ < 2 || !family || size == nullptr || size->text == "1" || size->rule != "" ||
            formatOf(file_) != SourceFormat::Yaml ||
            tree_.find("sequence_parallel_mode") != nullptr)
            return;
        const std::optional<std::size_t> at = byteAtPosition(file_.text, size->at);
        if (!at || size->at.column != 1) return;
        const std::string mode = phase_ < 4 ? "zigzag-ring" : "deepspeed-alst";
        const bool windows = file_.text.find("\r\n") != std::string::npos;
        edits_[*at] = {"", "sequence_parallel_mode: " + mode + (windows ? "\r\n" : "\n")};
        made_.changes.push_back("line " + std::to_string(size->at.line) +
                                ": sequence_parallel_mode: " + mode +
                                " is written out, because the default changes in phase 2");
    }

    const SourceFile& file_;
    const SourceTree& tree_;
    const Source& kind_;
    int phase_;
    std::map<std::size_t, TextEdit> edits_;
    ModernFile made_{.text = file_.text, .changes = {}};
};

}  // namespace

std::span<const SpellingChange> spellingChanges() { return changes; }
std::span<const TimelineStep> ringClassTimeline() { return timeline; }

Result<ModernFile> modernised(const MigrationInput& input, int phase) {
    RINGSCOPE_TRY(const SourceTree tree, readSource(input.source));
    const Source* kind = input.kind.empty() ? recognise(tree).source : findSource(input.kind);
    if (kind == nullptr)
        return Error{ErrorCode::InvalidConfig,
                     input.source.name + ": no training configuration of a known kind"};
    if (kind->kind != ringscopeKind) return Moderniser(input.source, tree, *kind, phase).made();
    ModernFile same{.text = input.source.text, .changes = {}};
    if (phase < 3) return same;
    RINGSCOPE_TRY(const Migration migration, migrate(input));
    same.text = migration.experiment;
    for (const KeyVerdict& key : migration.keys)
        if (key.newValue != key.old)
            same.changes.push_back("line " + std::to_string(key.line) + ": " + key.old + " -> " +
                                   key.newValue);
    return same;
}

}  // namespace ringscope
