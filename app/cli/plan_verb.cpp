// ringscope plan: what runs will take, before anything starts; and plan memory, what their ranks
// will hold.
#include "app/cli/console.h"
#include "app/cli/experiment_session.h"
#include "app/cli/help.h"
#include "app/cli/option_checks.h"
#include "app/cli/plan_verbs.h"
#include "app/cli/verbs.h"
#include "backend/machine/machine_table.h"
#include "backend/report/memory_text.h"
#include "backend/simulate/prediction.h"

#include <CLI/App.hpp>
#include <memory>
#include <utility>

namespace ringscope::cli {
namespace {

struct PlanArguments {
    std::string file;
    std::vector<std::string> overrides;
    std::string machine;
    bool json = false;
};

// On devices of the machine, if one is named.
Result<Experiment> readPlanned(const PlanArguments& arguments) {
    RINGSCOPE_TRY(Experiment experiment, readExperimentFile(arguments.file, arguments.overrides));
    if (arguments.machine.empty()) return experiment;
    RINGSCOPE_TRY(const Machine machine, findMachine(arguments.machine));
    RINGSCOPE_TRY(experiment.base, onMachine(std::move(experiment.base), machine, 0));
    return experiment;
}

int planMemoryOf(const PlanArguments& arguments) {
    const Result<Experiment> experiment = readPlanned(arguments);
    if (!experiment.ok()) return fail(experiment.error());
    const ExperimentPlan plan = planRuns(*experiment);
    for (const std::string& sentence : refusalSentences(plan)) say(sentence);
    const Result<std::vector<PlannedMemory>> runs = plannedMemory(plan.requests);
    if (!runs.ok()) return fail(runs.error());
    if (arguments.json)
        printData(memoryPlanJson(experiment->name, *runs, plan.refused));
    else
        printText(memoryPlanText(*runs));
    return planExit(plan, {});
}

}  // namespace

void addPlanMemory(CLI::App& plan, Command& command) {
    CLI::App* memory = plan.add_subcommand(
        "memory", "the most a rank holds, when, of what, and what each lever of memory brings");
    auto arguments = std::make_shared<PlanArguments>();
    memory->add_option("FILE", arguments->file, "experiment file; - reads standard input")
        ->required();
    memory
        ->add_option("-s,--set", arguments->overrides,
                     "override a field: --set memory.recompute=layers")
        ->type_name("PATH=VALUE")
        ->allow_extra_args(false);
    memory
        ->add_option("--machine", arguments->machine,
                     "on devices of a machine of `plan machines`, this, or a file of your own "
                     "(default: of launch.device)")
        ->type_name("NAME")
        ->check(notEmpty());
    memory->add_flag("--json", arguments->json, "one JSON object on standard output");
    addExamples(*memory, {{"ringscope plan memory four.yaml -s memory.recompute=layers",
                           "what recomputation saves and costs"},
                          {"ringscope plan memory four.yaml --machine h100-8x",
                           "on GPUs: the peak of `plan time`"},
                          {"ringscope plan memory four.yaml --json", "for a program"}});
    memory->callback(
        [arguments, &command] { command.action = [=] { return planMemoryOf(*arguments); }; });
}

void addPlanVerb(CLI::App& app, Command& command) {
    CLI::App* verb = app.add_subcommand("plan", "what runs will take, before anything starts");
    verb->require_subcommand(1);
    verb->fallthrough();
    addExamples(*verb, {{"ringscope plan memory four.yaml", "the peak of each run's ranks"},
                        {"ringscope plan time four.yaml --machine h100-8x --ranks 8,64",
                         "a step on machines that are not here"},
                        {"ringscope plan advise four.yaml --machine h100-8x --ranks 64",
                         "the best split over 64 devices"}});
    addPlanMemory(*verb, command);
    addPlanTime(*verb, command);
    addPlanAdvise(*verb, command);
    addPlanCheck(*verb, command);
    addPlanPacking(*verb, command);
}

}  // namespace ringscope::cli
