// ringscope doctor: is everything here that a run needs? Ends with two real ranks training a step.
#include "app/cli/console.h"
#include "app/cli/doctor_hosts.h"
#include "app/cli/help.h"
#include "app/cli/machine_checks.h"
#include "app/cli/option_checks.h"
#include "app/cli/store_access.h"
#include "app/cli/verbs.h"
#include "backend/config/field_table.h"
#include "backend/core/files.h"
#include "backend/report/doctor_text.h"
#include "backend/run/experiment_runner.h"
#include "launcher/local_transport.h"

#include <fmt/format.h>
#include <CLI/App.hpp>
#include <filesystem>
#include <memory>
#include <stop_token>

namespace ringscope::cli {
namespace {

DoctorCheck from(std::string name, const Result<std::string>& result) {
    return {std::move(name), result.ok() ? CheckState::Ok : CheckState::Failed,
            result.ok() ? *result : result.error().message};
}

// Does not create a store that is not there: looking must not change anything.
Result<std::string> store(const GlobalOptions& global) {
    const std::filesystem::path path = storePath(global);
    const auto opened = Store::open(path, Store::Access::ReadOnly);
    if (opened.ok()) {
        RINGSCOPE_TRY(const std::vector<std::string> problems, (*opened)->damage());
        if (problems.empty()) return path.string();
        return Error{ErrorCode::Corrupt, "'" + path.string() + "' is damaged: " + problems.front() +
                                             "; `ringscope db check` says more"};
    }
    if (opened.error().code == ErrorCode::NotFound)
        return path.string() + " (made by the first run)";
    return opened.error();
}

Result<std::string> transport(LocalTransport& local) {
    RINGSCOPE_CHECK(local.preflight({}));
    return std::string("ranks can be started on this machine");
}

Result<std::string> training(LocalTransport& local) {
    RunConfig config;
    for (const ModelPreset& preset : modelPresets())
        if (preset.name == "nano") config.model = preset.model;
    config.train.steps = 2;
    config.train.seqLen = 64;
    RINGSCOPE_TRY(RunPlan plan, planRun(config));
    RunService service(local, {});
    RINGSCOPE_TRY(const RunRecord run, service.execute({.plan = std::move(plan),
                                                        .experiment = "doctor",
                                                        .experimentId = RunId::random().text,
                                                        .name = "doctor"},
                                                       std::stop_token{}));
    if (run.status != RunStatus::Finished) return Error{ErrorCode::Failed, run.statusReason};
    return fmt::format("2 ranks trained {} steps ({})", run.steps.size(), run.versions);
}

DoctorCheck window() {
    const std::filesystem::path program = programDirectory() / "ringscope-gui";
    std::error_code ignored;
    if (std::filesystem::exists(program, ignored))
        return {"window", CheckState::Ok, program.string()};
    return {"window", CheckState::Absent,
            "not built (headless); ./quickstart without --no-gui builds it"};
}

int doctor(bool json, const GlobalOptions& global) {
    LocalTransport local;
    std::vector<DoctorCheck> checks = machineChecks(storePath(global));
    checks.push_back(from("store", store(global)));
    checks.push_back(from("launch", transport(local)));
    checks.push_back(from("training", training(local)));
    checks.push_back(window());
    if (json)
        printData(doctorJson(checks));
    else
        printText(doctorText(checks));
    return noneFailed(checks) ? Ok : PreflightFailed;
}

}  // namespace

void addDoctorVerb(CLI::App& app, Command& command) {
    CLI::App* verb = app.add_subcommand("doctor", "check that this machine can run experiments");
    auto json = std::make_shared<bool>(false);
    auto hosts = std::make_shared<std::string>();
    verb->add_flag("--json", *json, "one JSON object on standard output");
    verb->add_option("--hosts", *hosts, "these machines instead: a hostfile, or node1:2,node2:2")
        ->check(notEmpty());
    addExamples(*verb, {{"ringscope doctor", "this machine; trains two steps on two ranks"},
                        {"ringscope doctor --hosts node1:2,node2:2", "several, over ssh"}});
    verb->callback([json, hosts, &command] {
        command.action = [json, hosts, &command] {
            return hosts->empty() ? doctor(*json, command.global) : doctorHosts(*hosts, *json);
        };
    });
}

}  // namespace ringscope::cli
