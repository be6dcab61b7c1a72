#include "app/cli/command.h"
#include "app/cli/verbs.h"

#include <array>

namespace ringscope::cli {
namespace {

// A row a line.
// clang-format off
constexpr std::array verbs = {
    Verb{"demo", addDemoVerb},
    Verb{"run", addRunVerb},
    Verb{"runs", addRunsVerb},
    Verb{"checkpoints", addCheckpointsVerb},
    Verb{"compare", addCompareVerb},
    Verb{"report", addReportVerb},
    Verb{"modes", addModesVerb},
    Verb{"model", addModelVerb},
    Verb{"generate", addGenerateVerb},
    Verb{"serve", addServeVerb},
    Verb{"verify", addVerifyVerb},
    Verb{"trace", addTraceVerb},
    Verb{"config", addConfigVerb},
    Verb{"plan", addPlanVerb},
    Verb{"calibrate", addCalibrateVerb},
    Verb{"search", addSearchVerb},
    Verb{"migrate", addMigrateVerb},
    Verb{"data", addDataVerb},
    Verb{"tokenize", addTokenizeVerb},
    Verb{"doctor", addDoctorVerb},
    Verb{"version", addVersionVerb},
    Verb{"db", addDbVerb},
    Verb{"help", addHelpVerb},
    Verb{"completion", addCompletionVerb},
    Verb{"man", addManVerb},
    Verb{"agent", addAgentVerb},
};
// clang-format on

}  // namespace

std::span<const Verb> verbTable() { return verbs; }

}  // namespace ringscope::cli
