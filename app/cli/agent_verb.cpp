// ringscope agent: supervises the ranks of one host over standard input and output. Started by a
// transport, not by people.
#include "app/cli/help.h"
#include "app/cli/verbs.h"
#include "launcher/agent.h"

#include <unistd.h>
#include <CLI/App.hpp>

namespace ringscope::cli {

void addAgentVerb(CLI::App& app, Command& command) {
    CLI::App* verb = app.add_subcommand("agent", "supervise this host's ranks (started by a run)");
    addExamples(*verb, {{"ringscope agent < commands",
                         "a line a command, as backend/run/protocol.h has them"},
                        {"ssh node1 ringscope agent", "what a transport does"}});
    verb->callback(
        [&command] { command.action = [] { return runAgent(STDIN_FILENO, STDOUT_FILENO); }; });
}

}  // namespace ringscope::cli
