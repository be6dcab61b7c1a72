// Old training configurations as Ringscope experiments, with a verdict for every key.
//
//   openSource("old.yaml")   -> MigrationInput   reads the file and those it names; the only disk
//   migrate(input, answers)  -> Migration        verdicts, decisions, experiment: a pure function
//
// What only the user can know is a decision with a default. A wizard calls migrate() again after
// each answer, because an answer may raise or settle other decisions; the experiment is complete
// at every moment, with defaults where nothing was answered.
#pragma once

#include "backend/core/result.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

enum class Verdict : std::uint8_t {
    Kept,           // the same key and value
    Renamed,        // another key, the same value
    Converted,      // another value that means the same
    Dropped,        // left out; the reason says what follows from that
    Dangerous,      // the old stack did not do, or does not do in silence, what the key says
    NeedsDecision,  // an open decision is about it
    Unknown,        // no key of this kind of file
};
std::string_view verdictName(Verdict verdict);  // "needs_decision"
std::span<const Verdict> allVerdicts();

// One key of the source. A default that the old stack takes for a key that is not in the file, and
// that is not Ringscope's, is listed too, with line 0.
struct KeyVerdict {
    std::string file;      // which file it stands in: the source's, or a companion's name
    std::string path;      // "zero_optimization.stage"
    int line = 0;          // 1-based
    int column = 0;        // 1-based, in characters
    std::string old;       // the value as written; lists and maps in one line
    std::string newPath;   // "parallel.sp"; empty where nothing takes its place
    std::string newValue;  // as the experiment has it
    int newLine = 0;       // in the experiment; 0: in no single line
    Verdict verdict = Verdict::Unknown;
    std::string reason;  // one sentence
};

struct DecisionOption {
    std::string id;           // "apart"
    std::string label;        // "keep documents apart"
    std::string consequence;  // one sentence
};

struct Decision {
    std::string id;        // "packing"
    std::string question;  // one sentence with the numbers in it
    std::string key;       // path of the key it is about; empty where the file lacks it
    std::vector<DecisionOption> options;  // at least two
    std::string defaultOption;
    std::string chosen;     // the default where it is open
    bool answered = false;  // by the user, or by accepting defaults
};

struct SourceGuess {
    std::string kind;         // a name of the source table
    double confidence = 0.0;  // 0..1
    std::string reason;       // which keys gave it away
};

struct SourceFile {
    std::string name;  // as messages show it
    std::string text;
};

struct MigrationInput {
    SourceFile source;
    std::vector<SourceFile> companions;  // files the source names, by the name it uses
};

struct MigrationAnswers {
    std::map<std::string, std::string> options;  // decision id -> option id
    bool acceptDefaults = false;                 // for every decision without an answer
};

struct Migration {
    SourceGuess source;
    std::vector<KeyVerdict> keys;  // in file order, companions after the source
    std::vector<Decision> decisions;
    std::string experiment;             // a whole experiment file
    bool changed = true;                // false: the source was such a file already
    std::vector<std::string> problems;  // why the experiment would not run; empty when it would
    std::vector<std::string> notes;  // tolerated spellings, files that were not found, plan notes
    std::vector<std::string> refusedAnswers;  // answers that fit no decision or option

    bool decided() const;  // no decision is open
};

// NotFound, Failed: the file cannot be read. InvalidConfig: it is too large to be one. Files that
// it names and that are not there are left out.
Result<MigrationInput> openSource(const std::string& path);

// InvalidConfig, "file:line:column: …" in one sentence: the text is no YAML or JSON, has a key
// twice, or is no kind of configuration that is known.
Result<Migration> migrate(const MigrationInput& input, const MigrationAnswers& answers = {});

}  // namespace ringscope
