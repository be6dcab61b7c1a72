#include "backend/migration/draft.h"

#include "backend/config/field_table.h"
#include "backend/config/value_text.h"
#include "backend/core/text.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ringscope {
namespace {

std::string lineOf(const KeyVerdict& key) {
    return key.line > 0 ? " in line " + std::to_string(key.line) + " of " + key.file : "";
}

// The value as the field writes it, so that 1.0e-5 and 0.00001 are one.
Result<std::string> normalised(const Field& field, const std::string& text) {
    RunConfig scratch;
    RINGSCOPE_CHECK(field.set(scratch, field.type == FieldType::Switch ? toLower(text) : text));
    return field.get(scratch);
}

// Of two keys of a role, one that has another part than the first that is found.
struct BesideRow {
    Role role;
    std::string_view path;  // without dashes
    bool replaces;          // the key is used; else the one beside it
    Verdict verdict;        // on the one that is not used
    std::string_view reason;
};
constexpr std::array besideRows = {
    BesideRow{Role::Data, "training.dataset_path", true, Verdict::Kept,
              "its files are those of training.dataset_path"},
    BesideRow{Role::ValidationData, "validation.dataset_path", true, Verdict::Kept,
              "its files are those of validation.dataset_path"},
    BesideRow{Role::Data, "tokenized_path", false, Verdict::Kept,
              "a cache of the data's tokens; Ringscope keeps its own"},
    BesideRow{Role::Steps, "exit_iteration", true, Verdict::Kept,
              "the run ends before these, after exit_iteration"},
    BesideRow{Role::Model, "load", false, Verdict::Kept, "weights of the model in another form"},
    BesideRow{Role::Model, "mcore_model", false, Verdict::Kept,
              "weights of the model in another form"},
    BesideRow{Role::Model, "checkpoint.initial_load_path", false, Verdict::Dropped,
              "a run starts from random weights; model.from names a folder with some"},
};

std::string_view withoutDashes(std::string_view path) {
    return path.substr(std::min(path.find_first_not_of('-'), path.size()));
}

}  // namespace

Draft::Draft(const Source& source, const MigrationInput& input, const MigrationAnswers& answers)
    : source_(source), input_(input), answers_(answers) {
    config_.parallel.sp = 1;  // until a key asks for more
}

KeyVerdict* Draft::keyOf(Role role) {
    const auto found = roles_.find(role);
    return found == roles_.end() ? nullptr : &keys[found->second];
}

const std::string* Draft::textOf(Role role) const {
    const auto found = roles_.find(role);
    return found == roles_.end() ? nullptr : &valueOf(keys[found->second]);
}

const std::string& Draft::valueOf(const KeyVerdict& key) const {
    const auto value = values_.find(indexOf(key));
    return value == values_.end() ? key.old : value->second;
}

void Draft::setValue(std::size_t key, std::string value) { values_[key] = std::move(value); }

std::optional<bool> Draft::switchOf(Role role) const {
    const std::string* text = textOf(role);
    return text != nullptr ? parseSwitch(*text) : std::nullopt;
}

std::optional<std::int64_t> Draft::integerOf(Role role) const {
    const std::string* text = textOf(role);
    return text != nullptr ? parseInteger(*text) : std::nullopt;
}

void Draft::setRole(Role role, std::size_t key) {
    const auto [first, isNew] = roles_.emplace(role, key);
    if (isNew) return;
    KeyVerdict& earlier = keys[first->second];
    const std::string before = valueOf(earlier);
    const bool same = toLower(before) == toLower(valueOf(keys[key])) ||
                      (role == Role::Precision &&
                       numberFormatWord(before) == numberFormatWord(valueOf(keys[key])));
    const bool single = role == Role::Size && (before == "1" || valueOf(keys[key]) == "1");
    const std::string place = earlier.path + lineOf(earlier);
    if (setBeside(role, first->second, key)) return;
    if (same) {
        keys[key].reason = "the same as " + place;
    } else if (single) {  // of two keys for two ways to split, one is not used
        KeyVerdict& unused = before == "1" ? earlier : keys[key];
        hold(unused, "1, so the sequence is not split this way");
        if (before == "1") first->second = key;
    } else {
        contradict(keys[key], place, earlier.file);
    }
}

bool Draft::setBeside(Role role, std::size_t first, std::size_t second) {
    for (const BesideRow& row : besideRows) {
        const bool byFirst = withoutDashes(keys[first].path) == row.path;
        if (row.role != role || (!byFirst && withoutDashes(keys[second].path) != row.path))
            continue;
        const bool usesFirst = byFirst == row.replaces;
        KeyVerdict& unused = keys[usesFirst ? second : first];
        hold(unused, std::string(row.reason));
        unused.verdict = row.verdict;
        roles_[role] = usesFirst ? first : second;
        return true;
    }
    return false;
}

// Options of a command replace what the file has that the command names, where a stack says so.
void Draft::contradict(KeyVerdict& key, const std::string& place, const std::string& file) const {
    if (source_.kind == torchtitanKind && key.file != file)
        return hold(key, place + " replaces it, in the old stack, too");
    key.verdict = Verdict::Dangerous;
    key.reason = "contradicts " + place + ", whose value is used";
}

void Draft::setField(std::size_t index) {
    KeyVerdict& key = keys[index];
    const Field* field = findField(key.newPath);
    const Result<std::string> value = normalised(*field, valueOf(key));
    const auto earlier = origins_.find(key.newPath);
    if (!value.ok()) {
        key.verdict = Verdict::Dangerous;
        key.reason =
            value.error().message + "; " + key.newPath + " is " + field->get(config_) + " instead";
    } else if (earlier != origins_.end()) {
        if (*value == field->get(config_)) return;
        const KeyVerdict& first = keys[earlier->second];
        return contradict(key, first.path + lineOf(first), first.file);
    } else {
        static_cast<void>(field->set(config_, *value));
    }
    origins_.emplace(key.newPath, index);
}

std::size_t Draft::indexOf(const KeyVerdict& key) const {
    return static_cast<std::size_t>(&key - keys.data());
}

void Draft::setOrigin(std::string_view path, const KeyVerdict& key) {
    origins_[std::string(path)] = indexOf(key);
}

std::string Draft::decide(Decision decision, KeyVerdict* about) {
    decision.chosen = decision.defaultOption;
    decision.answered = answers_.acceptDefaults;
    if (const auto answer = answers_.options.find(decision.id); answer != answers_.options.end()) {
        const bool known = std::ranges::find(decision.options, answer->second,
                                             &DecisionOption::id) != decision.options.end();
        if (known) {
            decision.chosen = answer->second;
            decision.answered = true;
        } else {
            std::vector<std::string> ids;
            for (const DecisionOption& option : decision.options) ids.push_back(option.id);
            refused_.push_back("decision " + decision.id + " has no option " +
                               shown(answer->second) + "; use one of " + join(ids, ", "));
        }
    }
    if (about != nullptr) {
        const auto option =
            std::ranges::find(decision.options, decision.chosen, &DecisionOption::id);
        decision.key = about->path;
        about->verdict = decision.answered ? Verdict::Converted : Verdict::NeedsDecision;
        about->reason = decision.answered ? "decided: " + option->label + "; " + option->consequence
                                          : decision.question;
    }
    decisions.push_back(decision);
    return decision.chosen;
}

std::vector<std::string> Draft::refusedAnswers() const {
    std::vector<std::string> refused = refused_;
    std::vector<std::string> ids;
    for (const Decision& decision : decisions) ids.push_back(decision.id);
    for (const auto& [id, option] : answers_.options) {
        if (std::ranges::find(ids, id) != ids.end()) continue;
        refused.push_back("there is no decision " + shown(id) + " to make here; " +
                          (ids.empty() ? "none is open" : "there are " + join(ids, ", ")));
    }
    return refused;
}

void endanger(KeyVerdict& key, std::string reason) {
    key.verdict = Verdict::Dangerous;
    key.reason = std::move(reason);
}

void hold(KeyVerdict& key, std::string reason) {
    key.verdict = Verdict::Kept;
    key.newPath.clear();
    key.reason = std::move(reason);
}

void drop(KeyVerdict& key, std::string reason) {
    key.verdict = Verdict::Dropped;
    key.newPath.clear();
    key.reason = std::move(reason);
}

std::optional<bool> readSwitch(Draft& draft, Role role) {
    KeyVerdict* const key = draft.keyOf(role);
    if (key == nullptr) return std::nullopt;
    const std::optional<bool> on = parseSwitch(draft.valueOf(*key));
    if (!on) endanger(*key, "expected true or false; got '" + key->old + "'");
    return on;
}

bool isOn(Draft& draft, Role role) {
    const std::optional<bool> on = readSwitch(draft, role);
    if (on && !*on) hold(*draft.keyOf(role), "off, so nothing is lost");
    return on.value_or(false);
}

bool isComparable(const RunConfig& config, const Mode& mode) {
    constexpr std::int64_t mostRanks = 128;
    return mode.sharded && config.parallel.sp > 1 && config.parallel.sp <= mostRanks;
}

std::optional<double> realOf(const Draft& draft, Role role) {
    const std::string* text = draft.textOf(role);
    return text != nullptr ? parseReal(*text) : std::nullopt;
}

std::optional<bool> parseSwitch(std::string_view text) {
    const std::string word = toLower(text);
    if (word == "true" || word == "yes" || word == "on" || word == "1") return true;
    if (word == "false" || word == "no" || word == "off" || word == "0") return false;
    return std::nullopt;
}

}  // namespace ringscope
