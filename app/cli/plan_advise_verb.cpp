// ringscope plan advise | train: which way of splitting is best on a machine, and what a whole
// training would take.
#include "app/cli/console.h"
#include "app/cli/experiment_session.h"
#include "app/cli/help.h"
#include "app/cli/option_checks.h"
#include "app/cli/plan_verbs.h"
#include "app/cli/planned_machine.h"
#include "backend/core/text.h"
#include "backend/plan/planned_ranks.h"
#include "backend/report/prediction_text.h"

#include <CLI/App.hpp>

#include <memory>
#include <utility>

namespace ringscope::cli {
namespace {

// The experiment's own number of ranks where none is asked for.
std::int64_t ranksOr(std::int64_t asked, const RunConfig& config) {
    return asked > 0 ? asked : config.parallel.sp * config.parallel.dp;
}

int planAdvise(const MachineArguments& arguments, const GlobalOptions& global) {
    const Result<PlannedOn> planned = readPlannedOn(arguments, global);
    if (!planned.ok()) return fail(planned.error());
    std::vector<Advice> advice;
    for (const std::int64_t asked : planned->ranks) {
        const RunConfig& config = planned->experiment.base;
        Result<Advice> each =
            adviseOn(config, planned->machine, ranksOr(asked, config), arguments.kernel);
        if (!each.ok()) return fail(each.error());
        advice.push_back(*std::move(each));
    }
    if (arguments.json)
        printData(adviceJson(planned->experiment.name, advice, planned->machine));
    else
        printText(adviceText(advice, planned->machine));
    return Ok;
}

struct TrainArguments {
    MachineArguments common;
    std::string tokens;
};

int planTrain(const TrainArguments& arguments, const GlobalOptions& global) {
    const Result<std::int64_t> tokens = readTrainingTokens(arguments.tokens);
    if (!tokens.ok()) return fail(tokens.error(), Usage);
    const Result<PlannedOn> planned = readPlannedOn(arguments.common, global);
    if (!planned.ok()) return fail(planned.error());
    std::vector<TrainingCost> costs;
    int exit = Ok;
    Error last;
    for (const ExpandedRun& run : expandRuns(planned->experiment)) {
        if (run.repeat > 0) continue;
        for (const std::int64_t ranks : planned->ranks) {
            const auto costOf = [&]() -> Result<TrainingCost> {
                RINGSCOPE_TRY(const RunConfig config,
                              onMachine(run.config, planned->machine, ranks));
                RINGSCOPE_TRY(const RunPlan plan, planRanks(config, mostPlannedRanks));
                return trainingCost(plan, planned->machine, *tokens, arguments.common.kernel);
            };
            Result<TrainingCost> cost = costOf();
            if (cost.ok()) {
                costs.push_back(*std::move(cost));
                continue;
            }
            exit = Partial;
            last = cost.error();
            say(run.name + ": " + last.message);
        }
    }
    if (costs.empty()) return exitFor(last.code);
    if (arguments.common.json)
        printData(trainingCostJson(planned->experiment.name, costs, planned->machine));
    else
        printText(trainingCostText(costs, planned->machine));
    return exit;
}

}  // namespace

void addPlanAdvise(CLI::App& plan, Command& command) {
    CLI::App* advise = plan.add_subcommand(
        "advise", "the fastest and the cheapest split that fits, and what that hangs on");
    auto arguments = std::make_shared<MachineArguments>();
    addMachineArguments(*advise, *arguments);
    addExamples(*advise,
                {{"ringscope plan advise four.yaml --machine h100-8x --ranks 64",
                  "every mode and split on 64 H100"},
                 {"ringscope plan advise four.yaml --machine b200-8x --json", "for a program"}});
    advise->callback([arguments, &command] {
        command.action = [=, &command] { return planAdvise(*arguments, command.global); };
    });

    CLI::App* train = plan.add_subcommand(
        "train", "days, device hours, money, energy and failures of a whole training");
    auto training = std::make_shared<TrainArguments>();
    addMachineArguments(*train, training->common);
    train
        ->add_option("--tokens", training->tokens, "tokens to train on: 300B (300,000,000,000), 2T")
        ->required()
        ->type_name("COUNT")
        ->check(notEmpty());
    addExamples(
        *train,
        {{"ringscope plan train four.yaml --tokens 2T --machine h100-8x --ranks 512",
          "can it be done?"},
         {"ringscope plan train four.yaml --tokens 9B --machine this --json", "for a program"}});
    train->callback([training, &command] {
        command.action = [=, &command] { return planTrain(*training, command.global); };
    });
}

}  // namespace ringscope::cli
