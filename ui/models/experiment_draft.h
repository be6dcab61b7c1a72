// The experiment a user is putting together: a file, what was changed on top of it, and the modes
// to run. Changes are kept the way the command line writes them, so the window and
// `ringscope run FILE --set …` read the same experiment, with the same checks and messages.
#pragma once

#include "backend/config/experiment.h"
#include "backend/core/result.h"
#include "backend/memory/memory_plan.h"
#include "backend/plan/rank_shares.h"
#include "backend/plan/run_plan.h"

#include <QString>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope::ui {

// The field that the modes of a draft are values of.
inline constexpr std::string_view modePath = "parallel.mode";

struct ExperimentDraft {
    std::string fileName;  // empty: the built-in sample, which `ringscope demo` runs
    std::string fileText;
    bool onDisk = true;  // false: no command can read fileName, it is what messages call the text
    std::map<std::string, std::string> edits;       // field path -> value as typed
    std::optional<std::vector<std::string>> modes;  // nothing: as the file says
    std::map<std::string, std::string> environment;

    std::vector<std::string> overrides() const;  // edits as --set takes them
};

// Of a file's text, unchanged. Fails where it cannot be read.
Result<ExperimentDraft> draftOfFile(const std::string& file,
                                    std::map<std::string, std::string> environment);

// Where the draft is from: its file, "…, not saved yet", or the built-in sample.
QString sourceWords(const ExperimentDraft& draft);

// A mode under the draft's base configuration: its plan, or why it cannot run.
struct ModePlan {
    std::string mode;
    std::optional<RunPlan> plan;
    std::string reason;
    std::vector<RankShare> shares{};     // of each rank in the first batches; empty: not known
    std::optional<MemoryPlan> memory{};  // what a rank will hold, without its waterfall
};

// Everything the New run page shows of a draft.
struct DraftPlan {
    ExperimentReading reading;         // with the chosen modes in its matrix
    std::vector<std::string> modes;    // that will run, in the mode table's order
    std::vector<ModePlan> modePlans;   // every row of the mode table
    std::vector<ExpandedRun> runs;     // that can work
    std::string dataProblem{};         // what is wrong with the data; empty: nothing, or not read
    std::string refusal;               // why it cannot be started; empty where it can
    std::vector<std::string> leftOut;  // runs that cannot work beside others that can, and why

    bool canStart() const { return refusal.empty() && !runs.empty(); }
};

// With its changes, and without the modes that were chosen.
ExperimentReading readDraft(const ExperimentDraft& draft);

// Takes as long as planning every run takes: not for the window's thread.
DraftPlan planDraft(const ExperimentDraft& draft);

// The value of a field, or of each run where the matrix varies it: "1024, 2048".
std::string fieldText(const Experiment& experiment, std::string_view path);
bool isVaried(const Experiment& experiment, std::string_view path);

// The draft as a file that reads back to the same experiment.
std::string experimentYaml(const Experiment& experiment);

// A shell command that runs the same: `ringscope demo …`, `ringscope run FILE --set …`, or the
// whole file on standard input where --set cannot say which modes. `store` empty: the default one.
std::string draftCommand(const ExperimentDraft& draft, const DraftPlan& plan,
                         const std::string& store);

}  // namespace ringscope::ui
