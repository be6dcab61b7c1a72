// ringscope runs: the runs of the store; its verbs are in the files runs_*_verb.cpp.
#include "app/cli/help.h"
#include "app/cli/runs_verbs.h"
#include "app/cli/verbs.h"

#include <CLI/App.hpp>

namespace ringscope::cli {

void addRunsVerb(CLI::App& app, Command& command) {
    CLI::App* verb = app.add_subcommand(
        "runs",
        "what was run: ls, show, rerun, rename, tag, note, pin, archive, mark-lost, rm, export");
    verb->require_subcommand(1);
    verb->fallthrough();
    addExamples(*verb, {{"ringscope runs ls", "the newest 30"},
                        {"ringscope runs show demo/ring", "everything about one"},
                        {"ringscope runs rerun demo/ring --set train.steps=20", "once more"}});
    addRunsListVerb(*verb, command);
    addRunsShowVerb(*verb, command);
    addRunsAgainVerbs(*verb, command);
    addRunsEditVerbs(*verb, command);
}

}  // namespace ringscope::cli
