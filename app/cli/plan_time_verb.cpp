// ringscope plan time | sweep | machines: how long a step would take on a machine that may not be
// here.
#include "app/cli/console.h"
#include "app/cli/experiment_session.h"
#include "app/cli/help.h"
#include "app/cli/option_checks.h"
#include "app/cli/plan_verbs.h"
#include "app/cli/planned_machine.h"
#include "backend/core/text.h"
#include "backend/machine/machine_table.h"
#include "backend/plan/planned_ranks.h"
#include "backend/report/prediction_text.h"
#include "backend/trace/file/trace_folder.h"

#include <CLI/App.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace ringscope::cli {
namespace {

struct TimeArguments {
    MachineArguments common;
    std::vector<std::string> lengths;  // of sweep
    std::string trace;                 // folder
};

std::string nameOn(const std::string& name, std::int64_t ranks, const std::string& length) {
    std::string all = name;
    if (!length.empty()) all += " seq_len=" + length;
    if (ranks > 0) all += " ranks=" + std::to_string(ranks);
    return all;
}

void refuse(PredictedRuns& predicted, const ExpandedRun& run, const std::string& name,
            Error reason) {
    predicted.refused.push_back({name, name, run.config.parallel.mode, std::move(reason)});
}

Result<RunPlan> planOn(RunConfig config, const Machine& machine, std::int64_t ranks,
                       const std::string& length) {
    if (!length.empty()) {
        Result<RunConfig> longer = withLength(std::move(config), length);
        if (!longer.ok()) return std::move(longer).error().in("--lengths");
        config = *std::move(longer);
    }
    RINGSCOPE_TRY(RunConfig moved, onMachine(std::move(config), machine, ranks));
    return planRanks(moved, mostPlannedRanks);
}

// A run's point on its curve over lengths.
void addPoint(PredictedRuns& predicted, const ExpandedRun& run, const RunPlan& plan,
              const Prediction& prediction) {
    if (!prediction.fits()) return;
    auto swept = std::ranges::find(predicted.swept, plan.ranks, &SweptRanks::ranks);
    if (swept == predicted.swept.end())
        swept = predicted.swept.insert(swept, {.ranks = plan.ranks});
    auto curve = std::ranges::find(swept->curves, run.name, &SweepCurve::name);
    if (curve == swept->curves.end())
        curve = swept->curves.insert(curve, {run.name, run.config.parallel.mode, {}});
    curve->points.push_back({static_cast<double>(plan.config.train.seqLen), prediction.seconds()});
}

Result<void> writePredictedTrace(const TimeArguments& arguments, const PlannedOn& planned) {
    const std::vector<ExpandedRun> runs = expandRuns(planned.experiment);
    if (runs.size() != 1 || planned.ranks.size() != 1)
        return Error{ErrorCode::InvalidConfig,
                     "--trace writes one run; name a mode (-s parallel.mode=ring) and one --ranks"};
    RINGSCOPE_TRY(const RunPlan plan,
                  planOn(runs.front().config, planned.machine, planned.ranks.front(), {}));
    RINGSCOPE_TRY(const Trace trace,
                  predictedTrace(plan, planned.machine, arguments.common.kernel));
    return writeTrace(trace, arguments.trace);
}

int planTime(const TimeArguments& arguments, const GlobalOptions& global) {
    const Result<PlannedOn> planned = readPlannedOn(arguments.common, global);
    if (!planned.ok()) return fail(planned.error());
    PredictedRuns predicted{.experiment = planned->experiment.name, .machine = &planned->machine};
    std::vector<std::string> lengths = arguments.lengths;
    if (lengths.empty()) lengths.emplace_back();
    for (const ExpandedRun& run : expandRuns(planned->experiment)) {
        if (run.repeat > 0) continue;
        for (const std::string& length : lengths)
            for (const std::int64_t ranks : planned->ranks) {
                const std::string name = nameOn(run.name, ranks, length);
                Result<RunPlan> plan = planOn(run.config, planned->machine, ranks, length);
                if (!plan.ok()) {
                    refuse(predicted, run, name, plan.error());
                    continue;
                }
                Result<Prediction> prediction =
                    predictRun(*plan, planned->machine, arguments.common.kernel);
                if (!prediction.ok()) {
                    refuse(predicted, run, name, prediction.error());
                    continue;
                }
                if (!length.empty()) addPoint(predicted, run, *plan, *prediction);
                predicted.runs.push_back({name, *std::move(prediction)});
            }
    }
    if (!arguments.trace.empty())
        if (const Result<void> written = writePredictedTrace(arguments, *planned); !written.ok())
            return fail(written.error());
    for (const RefusedRun& refused : predicted.refused)
        say(refused.name + ": " + refused.reason.message);
    if (arguments.common.json)
        printData(predictionJson(predicted));
    else
        printText(predictionText(predicted));
    if (predicted.refused.empty()) return Ok;
    return predicted.runs.empty() ? exitFor(predicted.refused.front().reason.code) : Partial;
}

int planMachines(bool json) {
    std::vector<Machine> machines = shippedMachines();
    if (Result<Machine> here = findMachine(std::string(thisMachine)); here.ok())
        machines.insert(machines.begin(), *std::move(here));
    if (json)
        printData(machinesJson(machines));
    else
        printText(machinesText(machines));
    return Ok;
}

}  // namespace

void addPlanTime(CLI::App& plan, Command& command) {
    CLI::App* time = plan.add_subcommand(
        "time", "how long a step would take, and what each part of it, on a machine");
    auto arguments = std::make_shared<TimeArguments>();
    addMachineArguments(*time, arguments->common);
    time->add_option("--trace", arguments->trace,
                     "write the predicted step of one run into this folder, as ranks would")
        ->type_name("FOLDER");
    addExamples(*time, {{"ringscope plan time four.yaml --machine h100-8x --ranks 8,16,64",
                         "each mode on 8, 16 and 64 H100"},
                        {"ringscope plan time four.yaml --machine this",
                         "here, after `ringscope calibrate`"}});
    time->callback([arguments, &command] {
        command.action = [=, &command] { return planTime(*arguments, command.global); };
    });

    CLI::App* sweep = plan.add_subcommand(
        "sweep", "the same for several lengths: where modes overtake each other");
    auto swept = std::make_shared<TimeArguments>();
    addMachineArguments(*sweep, swept->common);
    sweep->add_option("--lengths", swept->lengths, "tokens of a sequence: 64k,256k,1M")
        ->required()
        ->delimiter(',')
        ->check(valueOfField("train.seq_len"))
        ->type_name("TOKENS");
    addExamples(*sweep,
                {{"ringscope plan sweep four.yaml --machine h100-8x --lengths 16k,64k,256k",
                  "three lengths"},
                 {"ringscope plan sweep four.yaml --machine a100-80-8x --lengths 64k --json",
                  "for a program"}});
    sweep->callback([swept, &command] {
        command.action = [=, &command] { return planTime(*swept, command.global); };
    });

    CLI::App* machines =
        plan.add_subcommand("machines", "the machines that can be named, and where they are from");
    auto json = std::make_shared<bool>(false);
    machines->add_flag("--json", *json, "one JSON object on standard output");
    addExamples(*machines, {{"ringscope plan machines", "devices, memory, links"},
                            {"ringscope plan machines --json", "with the source of each link"}});
    machines->callback([json, &command] { command.action = [=] { return planMachines(*json); }; });
}

}  // namespace ringscope::cli
