// Turns old training configurations into Ringscope experiments, with a verdict on every key.
//
//   openSource("old.yaml")   -> MigrationInput   reads the file and the files it names
//   migrate(input, answers)  -> Migration        verdicts, decisions, experiment: a pure function
//   addCosts(input, …)                           what choices cost by the plan (costs.h)
//
// What only the user can know is a decision with a default. The caller calls migrate() again after
// each answer, because an answer may add or remove other decisions. The experiment is always
// complete: decisions without an answer have their defaults.
#pragma once

#include "backend/core/result.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

enum class Verdict : std::uint8_t {
    Kept,            // the experiment does what the key says, under the same name or without one
    Renamed,         // another key, the same value
    Converted,       // another value that means the same
    DefaultChanged,  // the key is absent, and the stacks' defaults differ
    Dropped,         // left out; the reason says what that changes
    Dangerous,       // the old stack ignored the key, or the experiment cannot do what it says
    NeedsDecision,   // an open decision is about it
    Unknown,         // no key of this kind of file
};
std::string_view verdictName(Verdict verdict);  // "needs_decision"
std::span<const Verdict> allVerdicts();
bool isCarried(Verdict verdict);  // into the experiment, or asked about

// Whether a key says what is trained and how much memory and time that takes, or only where
// output, logs and ports are.
enum class KeyUse : std::uint8_t { Needed, Housekeeping };
std::string_view keyUseName(KeyUse use);  // "housekeeping"
std::span<const KeyUse> allKeyUses();

struct Proven;

// What one step of an experiment takes by its plan, on the rank that needs most.
struct PlannedCost {
    std::int64_t peakBytes = 0;  // of tensors
    std::int64_t sentBytes = 0;  // attention, gradients, experts
    std::int64_t stepNanos = 0;  // 0: the machine's tables do not say it
    bool operator==(const PlannedCost&) const = default;
};

// One key of the source. A default of the old stack for an absent key is listed too, with line 0,
// if it differs from Ringscope's.
struct KeyVerdict {
    std::string file;      // the source's name, or a companion's
    std::string path;      // "zero_optimization.stage"
    int line = 0;          // 1-based
    int column = 0;        // 1-based, in characters
    std::string old;       // the value as written; lists and maps in one line
    std::string newPath;   // "parallel.sp"; empty if no field takes its place
    std::string newValue;  // as the experiment has it
    int newLine = 0;       // in the experiment; 0: there is not one line for it
    Verdict verdict = Verdict::Unknown;
    std::string reason;  // one sentence
    KeyUse use = KeyUse::Needed;
    std::string versions{};  // "from accelerate 1.12": where the old stack knows the key; or empty
    bool wasLegacy = false;  // the old stack did with it what mode legacy does
    std::string cost{};      // a sentence with numbers from addCosts(); empty: the plan has none
};

struct DecisionOption {
    std::string id;                     // "apart"
    std::string label;                  // "keep documents apart"
    std::string consequence;            // one sentence
    std::optional<PlannedCost> cost{};  // of the experiment with it, from addCosts()
};

struct Decision {
    std::string id;                       // "packing"
    std::string question;                 // one sentence with the numbers in it
    std::string key;                      // path of the key it is about; empty if the file lacks it
    std::vector<DecisionOption> options;  // at least two
    std::string defaultOption;
    std::string chosen;     // the default while it is open
    bool answered = false;  // by the user, or by accepting defaults
};

struct SourceGuess {
    std::string kind;         // a name of the source table
    double confidence = 0.0;  // 0..1
    std::string reason;       // by which keys it was recognised
};

struct SourceFile {
    std::string name;  // as messages show it
    std::string text;
};

struct MigrationInput {
    SourceFile source;
    std::vector<SourceFile> companions;  // files the source names, by the name it uses
    // Checkpoints' folders that were found, by the name a key gives the model.
    std::map<std::string, std::string> models{};
    // Files of data and of tokenizers that were found, by the name a key gives them.
    std::map<std::string, std::string> files{};
    std::string kind{};  // of the source, by its name in the source table; empty: recognised
};

struct MigrationAnswers {
    std::map<std::string, std::string> options;  // decision id -> option id
    bool acceptDefaults = false;                 // for every decision without an answer
};

// How the old stack split attention over ranks.
struct OldWay {
    std::string mode{};   // of Ringscope, that computes and sends the same; empty: it did not split
    std::string words{};  // whose way that is, and where the mode is not the whole truth
};

struct Migration {
    SourceGuess source;
    std::vector<KeyVerdict> keys;  // in file order, companions after the source
    std::vector<Decision> decisions;
    std::string experiment;             // a whole experiment file
    bool changed = true;                // false: the source is such a file, and stays as it is
    std::vector<std::string> problems;  // why the experiment would not run; empty if it would
    std::vector<std::string> notes;     // allowed spellings, files that were not found, plan notes
    std::vector<std::string> refusedAnswers;  // answers that fit no decision or option
    OldWay oldWay{};
    // From addCosts(): of the experiment, and of the same under the old way's mode.
    std::optional<PlannedCost> cost{};
    std::optional<PlannedCost> oldCost{};
    std::string costMachine{};              // on which a step would take that long
    std::shared_ptr<const Proven> proof{};  // the old way and the new way, run (proof.h)

    bool decided() const;  // no decision is open
};

// How many keys of the files became what. Defaults of absent keys are not counted.
struct MigrationSummary {
    int needed = 0;     // carried + dropped + dangerous + unknown
    int carried = 0;    // kept, renamed, converted, or asked about
    int dropped = 0;    // with a consequence
    int dangerous = 0;  // had no effect, or not the one they name
    int unknown = 0;
    int housekeeping = 0;  // counted apart
};
MigrationSummary summaryOf(const Migration& migration);

// Where checkpoints and data are searched by the names that files give them, besides the file's
// own folder and those above it.
struct SourceOptions {
    std::vector<std::string> modelRoots{};
    std::vector<std::string> dataRoots{};
};

// Fails with NotFound or Failed if the file cannot be read, and with InvalidConfig if it is too
// large or no regular file. Files that it names are left out if they cannot be found or read.
Result<MigrationInput> openSource(const std::string& path, const SourceOptions& options = {});

// Fails with InvalidConfig and one sentence, "file:line:column: …" where there is a place, if a
// text cannot be read as what its name or content says (YAML, JSON, TOML, a shell script, Python),
// or has a key twice; with NotFound if it is no configuration of a known kind.
Result<Migration> migrate(const MigrationInput& input, const MigrationAnswers& answers = {});

}  // namespace ringscope
