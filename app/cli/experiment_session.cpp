#include "app/cli/experiment_session.h"

#include "app/cli/plan_table.h"
#include "app/cli/progress.h"
#include "app/cli/stop_signals.h"
#include "app/cli/store_access.h"
#include "backend/compare/comparison.h"
#include "backend/core/environment.h"
#include "backend/core/files.h"
#include "backend/report/run_json.h"
#include "backend/report/text_table.h"
#include "backend/report/wording.h"
#include "backend/run/experiment_runner.h"
#include "backend/trace/trace.h"
#include "backend/trace/trace_files.h"
#include "launcher/any_transport.h"

#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <iostream>
#include <nlohmann/json.hpp>

namespace ringscope::cli {
namespace {

int exitFor(const ExperimentOutcome& outcome, int signal) {
    if (outcome.cancelled) return signal == SIGINT ? Interrupted : Terminated;
    const auto finished = std::ranges::count(outcome.runs, RunStatus::Finished, &RunRecord::status);
    if (finished == std::ssize(outcome.runs)) return Ok;
    return finished == 0 ? RunFailed : Partial;
}

// Everything between a good plan and the last run's end.
Result<ExperimentOutcome> execute(const std::vector<RunRequest>& requests, Store& store,
                                  Transport& transport, const GlobalOptions& global, bool reference,
                                  StopSignals& signals) {
    Progress progress({.live = !global.noProgress && ::isatty(STDERR_FILENO) != 0,
                       .silent = global.quiet,
                       .runs = requests.size()});
    RunService service(transport, {&store, &progress});
    ExperimentOptions options;
    options.reference = reference;
    options.findReference = [&](const std::string& computation) {
        return store.newestReference(computation);
    };
    RINGSCOPE_TRY(ExperimentOutcome outcome,
                  runExperiment(requests, service, options, signals.token()));
    for (const RunRecord& run : outcome.runs)
        if (run.parity) RINGSCOPE_CHECK(store.saveParity(run));
    return outcome;
}

}  // namespace

Result<Experiment> readExperimentText(const std::string& fileName, const std::string& text,
                                      const std::vector<std::string>& overrides) {
    ExperimentReading reading = readExperiment({.fileName = fileName,
                                                .fileText = text,
                                                .environment = environmentVariables(),
                                                .overrides = overrides});
    for (const ConfigProblem& warning : reading.warnings)
        std::cerr << "ringscope: warning: " << warning.text() << '\n';
    if (reading.ok()) return std::move(reading.experiment);
    std::string message;
    for (const ConfigProblem& problem : reading.problems) {
        if (!message.empty()) message += "\nringscope: ";
        message += problem.text();
    }
    return Error{ErrorCode::InvalidConfig, message};
}

Result<Experiment> readExperimentFile(const std::string& file,
                                      const std::vector<std::string>& overrides) {
    if (file.empty()) return readExperimentText("", "", overrides);
    if (file == "-") {
        const std::string text((std::istreambuf_iterator<char>(std::cin)), {});
        return readExperimentText("standard input", text, overrides);
    }
    RINGSCOPE_TRY(const std::string text, readFile(file));
    return readExperimentText(file, text, overrides);
}

SessionOutcome runSession(const Experiment& experiment, const GlobalOptions& global,
                          const SessionOptions& options) {
    SessionOutcome session;
    const auto failed = [&](int exit) {
        session.exit = exit;
        return std::move(session);
    };
    Result<std::vector<RunRequest>> requests = planExperiment(experiment);
    if (!requests.ok()) return failed(fail(requests.error()));
    if (options.dryRun) {
        std::cout << planTable(*requests);
        return session;
    }

    StopSignals signals;
    AnyTransport transport;
    const Result<void> ready = prepareHosts(transport, *requests);
    if (!ready.ok()) return failed(fail(ready.error(), PreflightFailed));
    session.store = storePath(global);
    for (RunRequest& request : *requests) request.traces = traceRoot(session.store);
    const Result<std::unique_ptr<Store>> store = openStore(global, Store::Access::ReadWrite);
    if (!store.ok()) return failed(fail(store.error(), BadStore));
    if (const std::string caution = (*store)->caution(); !caution.empty())
        std::cerr << "ringscope: warning: " << caution << '\n';
    if (const Result<int> lost = (*store)->markLostRuns(); !lost.ok())
        return failed(fail(lost.error(), BadStore));

    Result<ExperimentOutcome> outcome =
        execute(*requests, **store, transport, global, options.reference, signals);
    if (!outcome.ok()) return failed(fail(outcome.error()));
    session.exit = exitFor(*outcome, signals.signal());
    session.experimentId = outcome->experimentId;
    session.runs = std::move(outcome->runs);
    session.references = std::move(outcome->references);
    return session;
}

std::string sessionJson(const SessionOutcome& outcome) {
    nlohmann::json object = {
        {"schema_version", jsonSchemaVersion}, {"experiment_id", outcome.experimentId},
        {"store", outcome.store.string()},     {"exit_code", outcome.exit},
        {"runs", nlohmann::json::array()},     {"references", nlohmann::json::array()}};
    for (const RunRecord& run : outcome.runs) object["runs"].push_back(toJson(run));
    for (const RunRecord& run : outcome.references) object["references"].push_back(toJson(run));
    if (const Result<Comparison> comparison = compareRuns(outcome.runs); comparison.ok())
        object["comparison"] = toJson(*comparison);
    return object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

void printComparison(const std::vector<RunRecord>& runs, const GlobalOptions& global) {
    const Result<Comparison> comparison = compareRuns(runs);
    if (!comparison.ok()) {
        std::cerr << "ringscope: no comparison: " << comparison.error().message << '\n';
        return;
    }
    std::cout << comparisonTable(*comparison, {.width = terminalWidth(STDOUT_FILENO),
                                               .colour = colourWanted(global, STDOUT_FILENO)})
              << '\n'
              << reporting::printableLine(comparison->verdict) << '\n';
    for (const std::string& warning : comparison->warnings)
        std::cout << "note: " << reporting::printableLine(warning) << '\n';
}

}  // namespace ringscope::cli
