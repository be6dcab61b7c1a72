#include "app/cli/planned_machine.h"

#include "app/cli/experiment_session.h"
#include "app/cli/option_checks.h"
#include "app/cli/store_access.h"
#include "backend/compare/foresight.h"
#include "backend/core/plain_text.h"
#include "backend/machine/machine_table.h"
#include "backend/plan/planned_ranks.h"

#include <cmath>
#include <memory>
#include <optional>
#include <utility>

namespace ringscope::cli {
namespace {

// Of the newest runs in the store; nothing where there is none, or too few of them.
std::optional<ErrorBar> errorBarOfStore(const Machine& machine, const GlobalOptions& global) {
    const Result<std::unique_ptr<Store>> store = openStore(global, Store::Access::ReadOnly);
    if (!store.ok()) return std::nullopt;
    const Result<std::vector<RunRecord>> runs = (*store)->list({});
    return runs.ok() ? learnedErrorBar(*runs, machine) : std::nullopt;
}

}  // namespace

void addMachineArguments(CLI::App& verb, MachineArguments& arguments) {
    verb.add_option("FILE", arguments.file, "experiment file; - reads standard input")->required();
    verb.add_option("-s,--set", arguments.overrides, "override a field: --set train.seq_len=512k")
        ->type_name("PATH=VALUE")
        ->allow_extra_args(false);
    verb.add_option("--machine", arguments.machine,
                    "a machine of `plan machines`, this, or a file of your own")
        ->required()
        ->type_name("NAME")
        ->check(notEmpty());
    verb.add_option("--ranks", arguments.ranks,
                    "how many ranks in all: 8,16,64 (default: the experiment's)")
        ->delimiter(',')
        ->type_name("N")
        ->check(wholeNumber(1, mostPlannedRanks));
    verb.add_option("--kernel", arguments.kernel,
                    "attention kernel of the machine's tables (default: its own)")
        ->type_name("NAME");
    verb.add_flag("--json", arguments.json, "one JSON object on standard output");
}

Result<PlannedOn> readPlannedOn(const MachineArguments& arguments, const GlobalOptions& global) {
    PlannedOn planned;
    RINGSCOPE_TRY(planned.machine, findMachine(arguments.machine));
    RINGSCOPE_TRY(planned.experiment, readExperimentFile(arguments.file, arguments.overrides));
    if (planned.machine.name == thisMachine)
        if (const std::optional<ErrorBar> learned = errorBarOfStore(planned.machine, global))
            planned.machine.error = *learned;
    planned.ranks = arguments.ranks;
    if (planned.ranks.empty()) planned.ranks.push_back(0);
    return planned;
}

Result<std::int64_t> readTrainingTokens(const std::string& text) {
    constexpr double most = 1e18;
    double unit = 1;
    std::string_view digits = text;
    constexpr std::string_view units = "kMBT";
    if (!digits.empty() && units.find(digits.back()) != std::string_view::npos) {
        unit = std::pow(1000, units.find(digits.back()) + 1);
        digits.remove_suffix(1);
    }
    const std::optional<double> number = parseReal(digits);
    if (!number || *number <= 0 || *number * unit > most)
        return Error{
            ErrorCode::InvalidConfig,
            "--tokens: expected a number like 300B (300,000,000,000) or 2T; got " + shown(text)};
    return static_cast<std::int64_t>(std::llround(*number * unit));
}

}  // namespace ringscope::cli
