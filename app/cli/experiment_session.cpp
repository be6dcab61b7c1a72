#include "app/cli/experiment_session.h"

#include "app/cli/console.h"
#include "app/cli/progress.h"
#include "app/cli/stop_signals.h"
#include "app/cli/store_access.h"
#include "backend/core/environment.h"
#include "backend/core/files.h"
#include "backend/report/pattern_tables.h"
#include "backend/report/plan_json.h"
#include "backend/report/plan_text.h"
#include "backend/report/report.h"
#include "backend/report/text_table.h"
#include "backend/session/run_into_store.h"
#include "launcher/any_transport.h"
#include "launcher/run_origin.h"

#include <unistd.h>
#include <algorithm>
#include <csignal>

namespace ringscope::cli {
namespace {

int exitFor(const ExperimentOutcome& outcome, int signal) {
    if (outcome.cancelled) return signal == SIGINT ? Interrupted : Terminated;
    const auto finishedOf = [](const std::vector<RunRecord>& runs) {
        return std::ranges::count(runs, RunStatus::Finished, &RunRecord::status);
    };
    const auto finished = finishedOf(outcome.runs);
    if (finished == 0) return RunFailed;
    const bool compared = finishedOf(outcome.references) == std::ssize(outcome.references);
    return finished == std::ssize(outcome.runs) && compared && outcome.refused.empty() ? Ok
                                                                                       : Partial;
}

// A code of its own for what a script may want to mend: hosts, the store.
int failSession(const Error& error, SessionStep step) {
    switch (step) {
        case SessionStep::Hosts:
            return fail(error, PreflightFailed);
        case SessionStep::Store:
            return fail(error, BadStore);
        case SessionStep::Plan:
        case SessionStep::Data:
        case SessionStep::Runs:
            break;
    }
    return fail(error);
}

}  // namespace

Result<Experiment> readExperimentText(const std::string& fileName, const std::string& text,
                                      const std::vector<std::string>& overrides) {
    ExperimentReading reading = readExperiment({.fileName = fileName,
                                                .fileText = text,
                                                .environment = environmentVariables(),
                                                .overrides = overrides});
    for (const ConfigProblem& warning : reading.warnings) say("warning: " + warning.text());
    for (const ConfigProblem& note : reading.notes) say("note: " + note.text());
    if (reading.ok()) return std::move(reading.experiment);
    std::string message;
    for (const ConfigProblem& problem : reading.problems) {
        if (!message.empty()) message += '\n';
        message += problem.text();
    }
    return Error{ErrorCode::InvalidConfig, message};
}

bool isExperimentFile(const std::string& name) {
    return name.ends_with(".yaml") || name.ends_with(".yml");
}

Result<Experiment> readExperimentFile(const std::string& file,
                                      const std::vector<std::string>& overrides) {
    if (file.empty()) return readExperimentText("", "", overrides);
    if (file == "-") {
        RINGSCOPE_TRY(const std::string text, readStandardInput());
        return readExperimentText("standard input", text, overrides);
    }
    const Result<std::string> text = readTextFile(file);
    if (!text.ok()) return Error{ErrorCode::NotFound, text.error().message};
    return readExperimentText(file, *text, overrides);
}

int planExit(const ExperimentPlan& plan, const Result<void>& thisMachine) {
    if (plan.requests.empty() && !plan.refused.empty()) return exitFor(refusalOf(plan).code);
    if (!thisMachine.ok()) return exitFor(thisMachine.error().code);
    return plan.refused.empty() ? Ok : Partial;
}

SessionRuns runSession(const Experiment& experiment, const GlobalOptions& global,
                       const SessionOptions& options) {
    return runSession(experiment.name, expandRuns(experiment), global, options);
}

SessionRuns runSession(const std::string& experiment, const std::vector<ExpandedRun>& runs,
                       const GlobalOptions& global, const SessionOptions& options) {
    SessionRuns session;
    const std::filesystem::path store = storePath(global);
    StopSignals signals;
    AnyTransport transport;
    Progress progress(
        {.live = !global.noProgress && ::isatty(STDERR_FILENO) != 0, .silent = global.quiet});
    std::vector<RunSink*> watchers = {&progress};
    if (options.sinks != nullptr)
        std::ranges::copy(options.sinks->all(), std::back_inserter(watchers));
    const auto warn = [](const std::string& sentence) { say("warning: " + sentence); };
    const auto planned = [&](const ExperimentPlan& plan) {
        progress.expect(plan.requests.size());
        for (const std::string& sentence : refusalSentences(plan)) warn(sentence);
    };
    const auto origin = [&global] {
        std::error_code unknown;
        return runOrigin(global.typed, std::filesystem::current_path(unknown));
    };
    SessionEnd end =
        runIntoStore(experiment, runs, store,
                     {.transport = transport,
                      .watchers = std::move(watchers),
                      .planned = planned,
                      .caution = warn,
                      .reading = [&progress](const ReadingProgress& at) { progress.reading(at); },
                      .origin = origin,
                      .resume = options.resume},
                     options.reference, signals.token());
    if (options.sinks != nullptr)
        for (const std::string& sentence : options.sinks->finish()) warn(sentence);
    if (end.step >= SessionStep::Store) session.store = store.string();
    if (!end.outcome.ok()) {
        session.exitCode = failSession(end.outcome.error(), end.step);
        session.problem = end.outcome.error().message;
        return session;
    }
    session.exitCode = exitFor(*end.outcome, signals.signal());
    session.experimentId = end.outcome->experimentId;
    session.runs = std::move(end.outcome->runs);
    session.references = std::move(end.outcome->references);
    session.refused = std::move(end.outcome->refused);
    return session;
}

int printPlan(const std::string& experiment, const ExperimentPlan& plan, bool json) {
    AnyTransport transport;
    const Result<void> ready = checkThisMachine(transport, plan.requests);
    const int exit = planExit(plan, ready);
    if (json) {
        printData(planJson(experiment, plan, plannedHosts(transport, plan),
                           ready.ok() ? "" : ready.error().message, exit));
    } else if (!plan.requests.empty()) {
        printText(planTable(plan.requests) + plannedHostsText(plannedHosts(transport, plan)));
    }
    if (!plan.refused.empty()) fail(refusalOf(plan));
    if (!ready.ok()) fail(ready.error());
    return exit;
}

int printSession(const SessionRuns& session, bool json, const GlobalOptions& global) {
    if (json) {
        printData(sessionJson(session));
    } else if (!session.runs.empty()) {
        printText("\n");
        printComparison(session.runs, global);
    }
    return session.exitCode;
}

void printComparison(const std::vector<RunRecord>& runs, const GlobalOptions& global) {
    const Result<Report> report = makeReport({}, runs);
    if (!report.ok()) {
        say("no comparison: " + report.error().message);
        return;
    }
    printStyled(comparisonText(
        report->comparison,
        {.width = terminalWidth(STDOUT_FILENO), .colour = colourWanted(global, STDOUT_FILENO)}));
    printText(reporting::patternText(*report));
}

}  // namespace ringscope::cli
