// A migration in the making: what the rules read from the source and write for the experiment.
#pragma once

#include "backend/config/run_config.h"
#include "backend/migration/key_rules.h"
#include "backend/migration/migration.h"
#include "backend/migration/source_table.h"
#include "backend/plan/mode_table.h"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

class Draft {
public:
    Draft(const Source& source, const MigrationAnswers& answers);

    const Source& source() const { return source_; }
    RunConfig& config() { return config_; }
    const RunConfig& config() const { return config_; }
    std::string name;                // of the experiment
    std::vector<std::string> notes;  // sentences for the user
    std::vector<KeyVerdict> keys;    // in file order
    std::vector<Decision> decisions;

    // The key that has this role; null where no key has. Valid until keys are added.
    KeyVerdict* said(Role role);
    const std::string* textOf(Role role) const;
    std::optional<bool> switchOf(Role role) const;
    std::optional<std::int64_t> integerOf(
        Role role) const;  // says in the verdict what is no integer

    // The first key with a role decides; a later one that says otherwise is dangerous.
    void takeRole(Role role, std::size_t key);
    // Sets newPath's field to the key's value, or says in the verdict why it cannot.
    void takeField(std::size_t key);
    bool hasOrigin(std::string_view path) const { return origins_.contains(std::string(path)); }
    const std::map<std::string, std::size_t>& origins() const { return origins_; }
    void setOrigin(std::string_view path, const KeyVerdict& key);

    // Adds the decision and answers the option that holds: the user's, else the default. The key it
    // is about, which may be null, gets its verdict from it.
    std::string decide(Decision decision, KeyVerdict* about);

    // Answers that no decision took.
    std::vector<std::string> refusedAnswers() const;

private:
    std::size_t indexOf(const KeyVerdict& key) const;

    const Source& source_;
    const MigrationAnswers& answers_;
    RunConfig config_;
    std::map<Role, std::size_t> roles_;
    std::map<std::string, std::size_t> origins_;  // field -> the key its value comes from
    std::vector<std::string> refused_;
};

// Whether the experiment offers a run under this mode beside its own. A schedule is quadratic in
// the ranks, so that planning every mode is left to small groups.
bool isComparable(const RunConfig& config, const Mode& mode);

// "true", "yes", "on", "1" and their opposites, in any case.
std::optional<bool> parseSwitch(std::string_view text);

// Lists every key of the tree with its verdict, and takes what decides a field by itself. Keys of a
// companion do not overrule the source's.
void readKeys(Draft& draft, const SourceTree& tree, std::span<const KeyRule> rules, bool companion);

// Lists the defaults of the old stack that hold because a key is absent.
void addImpliedDefaults(Draft& draft);

// What needs several keys at once, in the order of the calls.
void settleTraining(Draft& draft);  // stage, weights, steps, precision, packing, profile
void settleModel(Draft& draft);
void settleParallel(Draft& draft);  // mode, ranks, sequence length: needs the model

}  // namespace ringscope
