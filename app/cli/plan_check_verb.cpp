// ringscope plan check: finished runs of this machine against their predictions.
#include "app/cli/console.h"
#include "app/cli/help.h"
#include "app/cli/plan_verbs.h"
#include "app/cli/store_access.h"
#include "backend/machine/machine_table.h"
#include "backend/report/foresight_text.h"

#include <CLI/App.hpp>

#include <memory>
#include <utility>

namespace ringscope::cli {
namespace {

struct CheckArguments {
    std::vector<std::string> runs;
    bool json = false;
};

int planCheck(const CheckArguments& arguments, const GlobalOptions& global) {
    const Result<Machine> machine = findMachine(std::string(thisMachine));
    if (!machine.ok()) return fail(machine.error());
    const Result<std::unique_ptr<Store>> store = openStore(global, Store::Access::ReadOnly);
    if (!store.ok()) return failStore(store.error());
    const Result<std::vector<RunRecord>> runs =
        loadSelected(**store, arguments.runs, RunNeed::Finished, global);
    if (!runs.ok()) return failStore(runs.error());
    const Foresight foresight = checkedPredictions(*runs, *machine);
    if (arguments.json)
        printData(foresightJson(foresight, *machine));
    else
        printText(foresightText(foresight, *machine));
    return answered(**store, Ok);
}

}  // namespace

void addPlanCheck(CLI::App& plan, Command& command) {
    CLI::App* verb = plan.add_subcommand(
        "check", "finished runs of this machine against what was predicted of them");
    auto arguments = std::make_shared<CheckArguments>();
    verb->add_option("RUN", arguments->runs, "run id, name, experiment or @last (the default)");
    verb->add_flag("--json", arguments->json, "one JSON object on standard output");
    addExamples(*verb, {{"ringscope plan check", "the last experiment's runs"},
                        {"ringscope plan check four-modes --json", "for a program"}});
    verb->callback([arguments, &command] {
        command.action = [=, &command] { return planCheck(*arguments, command.global); };
    });
}

}  // namespace ringscope::cli
