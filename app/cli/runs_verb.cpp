// ringscope runs ls | show: what is in the store.
#include "app/cli/store_access.h"
#include "app/cli/verbs.h"
#include "backend/compare/comparison.h"
#include "backend/report/run_json.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <algorithm>
#include <ctime>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

namespace ringscope::cli {
namespace {

struct ListArguments {
    RunFilter filter{.limit = 30};
    bool json = false;
};

struct ShowArguments {
    std::vector<std::string> runs;
    std::int64_t logLines = 0;
    bool json = false;
};

std::string localTime(std::int64_t microseconds) {
    const std::time_t seconds = microseconds / 1'000'000;
    return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(seconds));
}

void printJson(const std::vector<RunRecord>& runs) {
    nlohmann::json object = {{"schema_version", jsonSchemaVersion},
                             {"runs", nlohmann::json::array()}};
    for (const RunRecord& run : runs) object["runs"].push_back(toJson(run));
    std::cout << object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

std::string speedText(const RunRecord& run) {
    const std::optional<RunSpeed> speed = runSpeed(run);
    return speed ? formatSignificant(speed->tokensPerSecond) : "–";
}

void printList(const std::vector<RunRecord>& runs) {
    std::size_t name = 4;
    for (const RunRecord& run : runs) name = std::max(name, run.name.size());
    std::cout << fmt::format("{:<8}  {:<19}  {:<{}}  {:>5}  {:>9}  {:>9}  {:>9}  {}\n", "id",
                             "started", "name", name, "ranks", "seq len", "tokens/s", "peak",
                             "state");
    for (const RunRecord& run : runs) {
        const Bytes peak = peakMemory(run);
        std::cout << fmt::format("{:<8}  {:<19}  {:<{}}  {:>5}  {:>9}  {:>9}  {:>9}  {}{}{}\n",
                                 run.id.text.substr(0, 8), localTime(run.createdUs), run.name, name,
                                 run.ranks, formatCount(run.config.train.seqLen), speedText(run),
                                 peak.count > 0 ? formatBytes(peak) : "–", statusName(run.status),
                                 run.reference ? " (reference)" : "",
                                 run.statusReason.empty() ? "" : ": " + run.statusReason);
    }
}

// For programs each run is whole; a terminal's table needs only what a list has.
Result<std::vector<RunRecord>> listRuns(Store& store, const ListArguments& arguments) {
    RINGSCOPE_TRY(std::vector<RunRecord> runs, store.list(arguments.filter));
    if (!arguments.json) return runs;
    for (RunRecord& run : runs) {
        RINGSCOPE_TRY(run, store.load(run.id));
    }
    return runs;
}

int list(const ListArguments& arguments, const GlobalOptions& global) {
    const Result<std::unique_ptr<Store>> store = openStore(global, Store::Access::ReadOnly);
    if (!store.ok()) return failStore(store.error());
    const Result<std::vector<RunRecord>> runs = listRuns(**store, arguments);
    if (!runs.ok()) return failStore(runs.error());
    if (arguments.json) {
        printJson(*runs);
    } else if (runs->empty()) {
        std::cerr << "ringscope: no runs; start some with `ringscope demo`\n";
    } else {
        printList(*runs);
    }
    return Ok;
}

// "12.3 ms exposed, 4.10 ms wait, 45 % hidden; busbw 3.20 GB/s"; what is not known is left out.
std::string overlapWords(const OverlapFigures& overlap) {
    std::string words = formatSignificant(overlap.exposedMs) + " ms exposed";
    const auto add = [&](const std::optional<double>& value, const char* form) {
        if (value) words += fmt::format(fmt::runtime(form), formatSignificant(*value));
    };
    add(overlap.waitMs, ", {} ms wait");
    add(overlap.hiddenPercent, ", {} % hidden");
    add(overlap.busbw, "; busbw {} GB/s");
    add(overlap.algbw, "; algbw {} GB/s");
    return words;
}

void printFacts(const RunRecord& run) {
    const auto row = [](const char* label, const std::string& value) {
        std::cout << fmt::format("  {:<28}{}\n", label, value);
    };
    std::cout << run.name << '\n';
    row("id", run.id.text);
    row("state", std::string(statusName(run.status)) +
                     (run.statusReason.empty() ? "" : ": " + run.statusReason));
    row("started", localTime(run.createdUs));
    row("mode, ranks, sequence", fmt::format("{}, {}, {} tokens", run.config.parallel.mode,
                                             run.ranks, formatCount(run.config.train.seqLen)));
    row("versions", run.versions);
    row("device", run.device);
    if (const std::optional<RunSpeed> speed = runSpeed(run)) {
        row("tokens/s", formatSignificant(speed->tokensPerSecond));
        row("step", fmt::format("{:.1f} ms median, {:.1f} ms 95th percentile", speed->stepMedianMs,
                                speed->stepP95Ms));
    }
    row("peak memory of a rank", formatBytes(peakMemory(run)));
    row("attention bytes per step",
        fmt::format("{} measured, {} predicted", formatCount(measuredAttentionBytes(run).count),
                    formatCount(run.predictedAttentionBytesPerStep.count)));
    row("gradient bytes per step",
        fmt::format("{} measured, {} predicted", formatCount(measuredGradientBytes(run).count),
                    formatCount(run.predictedGradientBytesPerStep.count)));
    if (run.overlap) row("communication per step", overlapWords(*run.overlap));
    if (run.parity)
        row("parity with one rank",
            fmt::format("loss within {:.1e}, gradient norm within {:.1e} over {} steps",
                        run.parity->maxLossDiff, run.parity->maxGradNormRelDiff,
                        run.parity->steps));
    for (const std::string& note : run.notes) row("note", note);
}

void printSteps(const RunRecord& run) {
    if (run.steps.empty()) return;
    std::cout << fmt::format("  {:>5}  {:>12}  {:>12}  {:>10}\n", "step", "loss", "grad norm",
                             "ms");
    for (const StepRecord& step : run.steps)
        std::cout << fmt::format("  {:>5}  {:>12.6f}  {:>12.6f}  {:>10.1f}\n", step.step, step.loss,
                                 step.gradNorm, milliseconds(step.duration));
}

int show(const ShowArguments& arguments, const GlobalOptions& global) {
    const Result<std::unique_ptr<Store>> store = openStore(global, Store::Access::ReadOnly);
    if (!store.ok()) return failStore(store.error());
    const Result<std::vector<RunRecord>> runs = loadSelected(**store, arguments.runs);
    if (!runs.ok()) return failStore(runs.error());
    if (arguments.json) {
        printJson(*runs);
        return Ok;
    }
    for (const RunRecord& run : *runs) {
        printFacts(run);
        printSteps(run);
        if (arguments.logLines == 0) continue;
        const auto lines = (*store)->logLines(run.id, arguments.logLines);
        if (!lines.ok()) return failStore(lines.error());
        for (const std::string& line : *lines) std::cout << "  " << line << '\n';
    }
    return Ok;
}

void addList(CLI::App& runs, Command& command) {
    CLI::App* verb = runs.add_subcommand("ls", "a line per run, newest first");
    auto arguments = std::make_shared<ListArguments>();
    verb->add_option("-n,--limit", arguments->filter.limit, "how many; 0: all")
        ->check(CLI::NonNegativeNumber);
    verb->add_option("--status", arguments->filter.statuses, "only runs in this state");
    verb->add_option("--mode", arguments->filter.mode, "only runs under this mode");
    verb->add_option("--experiment", arguments->filter.experiment, "only this experiment's runs");
    verb->add_flag("--json", arguments->json, "one JSON object on standard output");
    verb->callback([arguments, &command] {
        command.action = [=, &command] { return list(*arguments, command.global); };
    });
}

void addShow(CLI::App& runs, Command& command) {
    CLI::App* verb = runs.add_subcommand("show", "everything known about a run");
    auto arguments = std::make_shared<ShowArguments>();
    verb->add_option("RUN", arguments->runs, "run id, name, experiment or @last (the default)");
    verb->add_option("--log", arguments->logLines, "also its last log lines")->type_name("LINES");
    verb->add_flag("--json", arguments->json, "one JSON object on standard output");
    verb->callback([arguments, &command] {
        command.action = [=, &command] { return show(*arguments, command.global); };
    });
}

}  // namespace

void addRunsVerb(CLI::App& app, Command& command) {
    CLI::App* verb = app.add_subcommand("runs", "what was run: ls, show");
    verb->require_subcommand(1);
    verb->fallthrough();
    addList(*verb, command);
    addShow(*verb, command);
}

}  // namespace ringscope::cli
