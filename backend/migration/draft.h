// A migration while it is made: what the rules have read from the source, and the experiment so
// far.
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
    // The input must outlive the draft.
    Draft(const Source& source, const MigrationInput& input, const MigrationAnswers& answers);

    const Source& source() const { return source_; }
    const MigrationInput& input() const { return input_; }
    RunConfig& config() { return config_; }
    const RunConfig& config() const { return config_; }
    std::string name;                    // of the experiment
    std::int64_t sequencesOfSample = 1;  // 2 where a pair stands for a sample
    OldWay oldWay{};                     // mode: from settleParallel()
    std::vector<std::string> notes;      // sentences for the user
    std::vector<KeyVerdict> keys;        // in file order
    std::vector<Decision> decisions;

    // The key that has this role, or null. Valid until a key is added.
    KeyVerdict* keyOf(Role role);
    std::size_t placeOf(Role role) const { return roles_.at(role); }  // in `keys`
    const std::string* textOf(Role role) const;
    // The value that a key stands for: as it is written, without underscores of a number, or as
    // the user decided.
    const std::string& valueOf(const KeyVerdict& key) const;
    void setValue(std::size_t key, std::string value);
    std::optional<bool> switchOf(Role role) const;
    std::optional<std::int64_t> integerOf(Role role) const;

    // Keys that name files, in file order.
    std::vector<std::size_t> companions;

    // The first key with a role is used. A later one with another value gets the verdict Dangerous.
    void setRole(Role role, std::size_t key);
    // Sets the field newPath to the key's value. If it cannot, the key's verdict is Dangerous and
    // its reason says why.
    void setField(std::size_t key);
    bool hasOrigin(std::string_view path) const { return origins_.contains(std::string(path)); }
    const std::map<std::string, std::size_t>& origins() const { return origins_; }
    void setOrigin(std::string_view path, const KeyVerdict& key);

    // Adds the decision and returns the option that applies: the user's, else the default. The key
    // it is about, which may be null, gets its verdict and reason from it.
    std::string decide(Decision decision, KeyVerdict* about);

    // A sentence for each answer that fits no decision or no option.
    std::vector<std::string> refusedAnswers() const;

private:
    std::size_t indexOf(const KeyVerdict& key) const;
    // Of two keys that stand for different parts of one thing, gives the role to the one that is
    // used. Returns whether they are such.
    bool setBeside(Role role, std::size_t first, std::size_t second);
    // `place` of `file` has another value for what the key says.
    void contradict(KeyVerdict& key, const std::string& place, const std::string& file) const;

    const Source& source_;
    const MigrationInput& input_;
    const MigrationAnswers& answers_;
    RunConfig config_;
    std::map<std::size_t, std::string> values_;  // of keys whose value is not what is written
    std::map<Role, std::size_t> roles_;
    std::map<std::string, std::size_t> origins_;  // field -> the key its value comes from
    std::vector<std::string> refused_;
};

// Gives the key the verdict Dangerous, Dropped, or Kept without a field, with this reason.
void endanger(KeyVerdict& key, std::string reason);
void drop(KeyVerdict& key, std::string reason);
void hold(KeyVerdict& key, std::string reason);

// What the switch of this role says. One that is neither on nor off is endangered; nothing then,
// and where it is absent.
std::optional<bool> readSwitch(Draft& draft, Role role);
// The same of a switch that does nothing where it is off: it is kept then.
bool isOn(Draft& draft, Role role);

// Whether the experiment suggests a run under this mode beside its own. Planning is quadratic in
// the ranks, so large groups of ranks get no suggestions.
bool isComparable(const RunConfig& config, const Mode& mode);

// "torch.bfloat16" -> "bf16", "float32" -> "no", in lower case.
std::string numberFormatWord(std::string name);

// "true", "yes", "on", "1" and their opposites, in any case.
std::optional<bool> parseSwitch(std::string_view text);

// Adds every key of the tree, a file of this kind, with its verdict, and sets the fields that one
// key alone decides. A key of a companion does not replace an earlier file's.
void readKeys(Draft& draft, const SourceTree& tree, const Source& kind, bool companion);

// Adds the defaults that the old stack uses for absent keys.
void addImpliedDefaults(Draft& draft);

// Fields that depend on several keys. Called in this order.
void settleTraining(Draft& draft);  // stage, steps, precision, packing, profile
void settleAdapter(Draft& draft);   // what trains beside the model
void settleModel(Draft& draft);
void settleAttention(Draft& draft);  // pattern, window: before the mode
void settleData(Draft& draft);       // needs the model
void settleMemory(Draft& draft);  // what is recomputed, tiled, divided, offloaded: needs the model
void settleParallel(Draft& draft);  // mode, ranks, sequence length: needs the model
void settleWorld(Draft& draft);     // groups, batches, steps: needs the ranks that share a sequence
void settleRecipe(Draft& draft);    // learning rate, betas, epochs: needs the steps
void settleValidation(Draft& draft);  // needs the steps
void settleSaves(Draft& draft);       // needs the steps
// Keys that are lost with what a decision asks about: the last, because it needs the decisions.
void settleFollowers(Draft& draft);

// Ranks of all groups together, where the files say it. Nothing else.
std::optional<std::int64_t> worldOf(const Draft& draft);

// Steps of the run after settleRecipe() has read the epochs; nothing where those end it, and only
// the data says when.
std::optional<std::int64_t> stepsOfRun(const Draft& draft);

// The option of decision stage under which answers alone are learned.
inline constexpr std::string_view learnsAnswersOption = "answers";

// The number that the key with this role stands for.
std::optional<double> realOf(const Draft& draft, Role role);

}  // namespace ringscope
