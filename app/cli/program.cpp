#include "app/cli/program.h"

#include "app/cli/command.h"
#include "backend/core/version.h"

#include <CLI/CLI.hpp>

namespace ringscope::cli {
namespace {

constexpr const char* examples = R"(Examples:
  ringscope demo                              legacy, ring, zigzag and ulysses on 2 local ranks
  ringscope run four.yaml --set train.steps=20
  ringscope run four.yaml --hosts node1:2,node2:2   the same over ssh
  ringscope runs ls                           what was run
  ringscope compare @last                     the newest experiment, mode against mode
  ringscope report @last -o report.html
  ringscope verify --mode all --ranks 4       is every mode the same attention?
  ringscope migrate old.yaml -o new.yaml      LLaMA-Factory, DeepSpeed, … as an experiment

Exit codes: 0 ok, 1 internal, 2 usage, 3 invalid configuration, 4 not found, 5 store unusable,
6 preflight failed, 7 run failed or a mode is not what it should be, 8 some runs failed, modes were
refused or decisions are open, 130 interrupted, 143 terminated.)";

void addGlobalOptions(CLI::App& app, GlobalOptions& global) {
    app.add_option("--db", global.store, "the store to use (default: see `ringscope doctor`)")
        ->type_name("FILE")
        ->envname("RINGSCOPE_DB");
    app.add_option("--color", global.colour, "colour on the terminal")
        ->check(CLI::IsMember({"auto", "always", "never"}));
    app.add_flag("-q,--quiet", global.quiet, "only results and errors");
    app.add_flag("--no-progress", global.noProgress, "no live progress on a terminal");
}

}  // namespace

int runProgram(int argc, const char* const* argv) {
    CLI::App app(
        "Which way of splitting a sequence over ranks is fastest, fits, and trains the "
        "same model?",
        "ringscope");
    app.footer(examples);
    app.set_version_flag("-V,--version", std::string("ringscope ") + version());
    app.require_subcommand(1);
    app.fallthrough();  // global options may follow the verb

    Command command;
    addGlobalOptions(app, command.global);
    for (const Verb& verb : verbTable()) verb.add(app, command);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& problem) {
        const bool asked = problem.get_exit_code() == 0;  // help, version
        app.exit(problem);
        return asked ? Ok : Usage;
    }
    return command.action();
}

}  // namespace ringscope::cli
