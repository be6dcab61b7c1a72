// ringscope-rank: one rank of a training run. Started by an agent; see backend/run/protocol.h.
#include "kernels/generate/generate_program.h"
#include "kernels/rank/rank_program.h"
#include "kernels/verify/evaluate_program.h"
#include "kernels/verify/verify_program.h"

#include <unistd.h>
#include <CLI/CLI.hpp>

#include <csignal>
#include <iostream>

namespace {

// Keeps the real standard output for events and hands everybody else standard error: what a library
// prints never ends up between two events.
int claimStandardOutput() {
    const int events = ::dup(STDOUT_FILENO);
    if (events < 0 || ::dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
        std::cerr << "standard output or standard error is closed; a rank needs both\n";
        std::exit(1);
    }
    return events;
}

}  // namespace

int main(int argc, char** argv) {
    ringscope::RankArguments arguments;
    CLI::App options(
        "One rank of a Ringscope run. Started by 'ringscope agent', which hands it the "
        "run's configuration on standard input and reads events from standard output.");
    options.set_version_flag("--version", "ringscope-rank " RINGSCOPE_VERSION);
    options.add_option("--run", arguments.run, "Identity of the run")->required();
    options.add_option("--rank", arguments.rank, "This rank, from 0")
        ->required()
        ->check(CLI::NonNegativeNumber);
    options.add_option("--world", arguments.world, "Ranks of the run")
        ->required()
        ->check(CLI::PositiveNumber);
    options.add_option("--local-rank", arguments.localRank, "This rank among its host's, from 0")
        ->check(CLI::NonNegativeNumber);
    options.add_option("--address", arguments.address, "Where the other ranks reach this host");
    options.add_option("--trace", arguments.traceFolder,
                       "Folder that gets this rank's trace of profile.steps");
    bool verify = false;
    options.add_flag("--verify", verify,
                     "Verify attention instead of training; the job is a request to");
    bool evaluate = false;
    options
        .add_flag("--evaluate", evaluate,
                  "Compute logits and loss of one batch instead of training; the job says of which")
        ->excludes("--verify");
    bool generate = false;
    options
        .add_flag("--generate", generate,
                  "Go on with a prompt instead of training; the job says with which and how")
        ->excludes("--verify")
        ->excludes("--evaluate");
    CLI11_PARSE(options, argc, argv);
    if (arguments.rank >= arguments.world) {
        std::cerr << "--rank " << arguments.rank << " is not below --world " << arguments.world
                  << "\n";
        return 2;
    }
    std::signal(SIGPIPE, SIG_IGN);  // a reader that is gone is noticed on standard input
    const auto run = verify     ? ringscope::runVerification
                     : evaluate ? ringscope::runEvaluation
                     : generate ? ringscope::runGeneration
                                : ringscope::runRank;
    return run(arguments, STDIN_FILENO, claimStandardOutput());
}
