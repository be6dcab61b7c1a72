// ringscope trace analyze | export: what the recorded steps of a run say.
#include "app/cli/store_access.h"
#include "app/cli/verbs.h"
#include "backend/analysis/findings.h"
#include "backend/core/units.h"
#include "backend/report/run_json.h"
#include "backend/trace/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

namespace ringscope::cli {
namespace {

namespace fs = std::filesystem;

struct TraceArguments {
    std::string run = "@last-run";
    std::string output;
    bool json = false;
};

// A folder of trace files as it is; anything else names a run of the store.
Result<fs::path> traceFolder(const std::string& word, const GlobalOptions& global) {
    std::error_code ignored;
    if (fs::is_directory(word, ignored)) return fs::path(word);
    RINGSCOPE_TRY(const std::unique_ptr<Store> store, openStore(global, Store::Access::ReadOnly));
    RINGSCOPE_TRY(const std::vector<RunId> runs, store->select(word));
    std::vector<fs::path> recorded;
    for (const RunId& run : runs) {
        const fs::path folder = traceRoot(store->path()) / run.text;
        if (fs::is_directory(folder, ignored)) recorded.push_back(folder);
    }
    if (recorded.size() == 1) return recorded.front();
    if (recorded.empty())
        return Error{ErrorCode::NotFound,
                     "'" + word + "' has no trace; record one with --set profile.steps=[1,3]"};
    return Error{ErrorCode::NotFound, fmt::format("'{}' names {} runs with a trace; name one run",
                                                  word, recorded.size())};
}

nlohmann::json toJson(const CommunicationFigures& figures) {
    return {{"comm_ns", figures.comm},
            {"hidden_ns", figures.hidden},
            {"exposed_ns", figures.exposed},
            {"wait_ns", figures.wait},
            {"wait_exposed_ns", figures.waitExposed},
            {"transfer_ns", figures.transfer},
            {"bytes", figures.bytes}};
}

template <typename Value>
nlohmann::json orNull(const std::optional<Value>& value) {
    return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

nlohmann::json toJson(const RunFindings& findings) {
    nlohmann::json object = {{"schema_version", jsonSchemaVersion},
                             {"steps", findings.steps},
                             {"exposed_ms_per_step", findings.exposedMsPerStep()},
                             {"wait_ms_per_step", findings.waitMsPerStep()},
                             {"hidden_pct", orNull(findings.hiddenPercent())},
                             {"dropped", findings.dropped},
                             {"unmatched", findings.unmatched},
                             {"clock", {{"residual_ns", findings.clockErrorNs}}},
                             {"invariants_ok", findings.violations.empty()},
                             {"violations", findings.violations},
                             {"notes", findings.notes},
                             {"ranks", nlohmann::json::array()},
                             {"ring_steps", nlohmann::json::array()},
                             {"blame", nlohmann::json::array()}};
    for (const RankFigures& rank : findings.ranks) {
        nlohmann::json row = toJson(rank.communication);
        row.update({{"rank", rank.rank},
                    {"span_ns", rank.span},
                    {"attention_ns", rank.attention},
                    {"compute_ns", rank.compute},
                    {"idle_ns", rank.idle},
                    {"from_gpu", rank.fromGpu},
                    {"overlap_pct", orNull(rank.overlapPercent())}});
        object["ranks"].push_back(std::move(row));
    }
    for (const RingStepFigures& step : findings.ringSteps) {
        nlohmann::json row = toJson(step.communication);
        row.update({{"rank", step.rank},
                    {"pass", spanPassName(step.pass)},
                    {"ring_step", step.ringStep},
                    {"attention_ns", step.attention}});
        object["ring_steps"].push_back(std::move(row));
    }
    for (const Blame& blame : findings.blame)
        object["blame"].push_back({{"rank", blame.rank}, {"caused_wait_ns", blame.causedWait}});
    return object;
}

// Everything per recorded step, in milliseconds.
void print(const RunFindings& findings) {
    const double steps = static_cast<double>(std::max<std::int64_t>(1, findings.steps));
    const auto ms = [&](std::int64_t ns) {
        return fmt::format("{:.2f}", static_cast<double>(ns) / 1e6 / steps);
    };
    std::cout << fmt::format("{:>4}  {:>9}  {:>9}  {:>9}  {:>9}  {:>9}  {:>9}  {:>9}  {:>8}\n",
                             "rank", "step ms", "attention", "compute", "hidden", "exposed", "wait",
                             "transfer", "hidden %");
    for (const RankFigures& rank : findings.ranks) {
        const CommunicationFigures& c = rank.communication;
        const std::optional<double> overlap = rank.overlapPercent();
        std::cout << fmt::format("{:>4}  {:>9}  {:>9}  {:>9}  {:>9}  {:>9}  {:>9}  {:>9}  {:>8}\n",
                                 rank.rank, ms(rank.span), ms(rank.attention), ms(rank.compute),
                                 ms(c.hidden), ms(c.exposed), ms(c.wait), ms(c.transfer),
                                 overlap ? fmt::format("{:.1f}", *overlap) : "no comm.");
    }
    std::cout << "\nothers waited for\n";
    for (const Blame& blame : findings.blame)
        std::cout << fmt::format("{:>4}  {:>9} ms\n", blame.rank, ms(blame.causedWait));
    std::cout << fmt::format(
        "\nMeans over {} recorded steps. wait + transfer and hidden + exposed "
        "are each all communication.\n",
        findings.steps);
    for (const std::string& note : findings.notes) std::cout << "note: " << note << '\n';
    if (findings.unmatched > 0)
        std::cout << "note: " << findings.unmatched << " messages have only one end in the trace\n";
}

Result<Trace> open(const TraceArguments& arguments, const GlobalOptions& global) {
    RINGSCOPE_TRY(const fs::path folder, traceFolder(arguments.run, global));
    return readTrace(folder);
}

int analyzeRun(const TraceArguments& arguments, const GlobalOptions& global) {
    const Result<Trace> trace = open(arguments, global);
    if (!trace.ok()) return failStore(trace.error());
    const RunFindings findings = analyze(*trace);
    if (arguments.json) {
        std::cout << toJson(findings).dump(2) << '\n';
    } else {
        print(findings);
    }
    for (const std::string& violation : findings.violations)
        std::cerr << "ringscope: the analysis contradicts itself: " << violation << '\n';
    return findings.violations.empty() ? Ok : Internal;
}

int exportRun(const TraceArguments& arguments, const GlobalOptions& global) {
    const Result<Trace> trace = open(arguments, global);
    if (!trace.ok()) return failStore(trace.error());
    if (const Result<void> written = writeChromeTrace(*trace, arguments.output); !written.ok())
        return fail(written.error());
    std::cout << arguments.output << '\n';
    return Ok;
}

}  // namespace

void addTraceVerb(CLI::App& app, Command& command) {
    CLI::App* verb = app.add_subcommand("trace", "the recorded steps of a run: analyze, export");
    verb->require_subcommand(1);
    verb->fallthrough();
    auto arguments = std::make_shared<TraceArguments>();
    const char* help = "run id, name or a folder of trace files (default: @last-run)";

    CLI::App* analyzing = verb->add_subcommand("analyze", "hidden, exposed, wait, transfer, blame");
    analyzing->add_option("RUN", arguments->run, help);
    analyzing->add_flag("--json", arguments->json, "one JSON object on standard output");
    analyzing->callback([arguments, &command] {
        command.action = [=, &command] { return analyzeRun(*arguments, command.global); };
    });

    CLI::App* exporting = verb->add_subcommand("export", "Chrome trace JSON, for Perfetto");
    exporting->add_option("RUN", arguments->run, help);
    exporting->add_option("-o,--output", arguments->output, "out.json")
        ->required()
        ->type_name("FILE");
    exporting->callback([arguments, &command] {
        command.action = [=, &command] { return exportRun(*arguments, command.global); };
    });
}

}  // namespace ringscope::cli
