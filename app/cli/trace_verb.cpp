// ringscope trace info | analyze | steps | top | diff | export | import: what recorded steps say,
// ours and other tools'. trace_parts.h has those that open no trace.
#include "app/cli/console.h"
#include "app/cli/help.h"
#include "app/cli/option_checks.h"
#include "app/cli/output_file.h"
#include "app/cli/store_access.h"
#include "app/cli/trace_access.h"
#include "app/cli/trace_parts.h"
#include "app/cli/verbs.h"
#include "backend/core/output_file.h"
#include "backend/report/analysis_text.h"
#include "backend/report/trace_json.h"
#include "backend/report/trace_text.h"
#include "backend/trace/chrome/chrome_export.h"
#include "backend/trace/chrome/import.h"
#include "backend/trace/csv_export.h"
#include "backend/trace/file/trace_folder.h"

#include <CLI/App.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace ringscope::cli {
namespace {

struct TraceArguments {
    std::string run = "@last-run";
    std::string other;  // of diff: what `run` is compared with
    std::string rules;
    std::string output;
    std::string format = "chrome";
    std::optional<std::size_t> most;  // of top
    bool json = false;
    bool csv = false;
    bool force = false;
};

// Of the three texts only the one asked for is made.
template <typename Value>
int printAs(const TraceArguments& arguments, const Value& value, std::string (*json)(const Value&),
            std::string (*csv)(const Value&), std::string (*text)(const Value&)) {
    if (arguments.json || arguments.csv)
        printData((arguments.json ? json : csv)(value));
    else
        printText(text(value));
    return Ok;
}

int info(const TraceArguments& arguments, const GlobalOptions& global) {
    const Result<TraceContents> contents = openContents(arguments.run, arguments.rules, global);
    if (!contents.ok()) return failStore(contents.error());
    return printAs(arguments, *contents, traceInfoJson, traceInfoCsv, traceInfoText);
}

int analyzeTrace(const Trace& trace, const TraceArguments& arguments) {
    const TraceAnalysis analysis = analyzeAll(trace);
    printAs(arguments, analysis, analysisJson, analysisCsv, analysisText);
    for (const std::string& violation : analysis.violations)
        say("the analysis contradicts itself: " + violation);
    return analysis.violations.empty() ? Ok : Internal;
}

int ringSteps(const Trace& trace, const TraceArguments& arguments) {
    return printAs(arguments, analyze(trace), ringStepJson, ringStepCsv, ringStepText);
}

constexpr std::size_t mostShown = 20;

int top(const Trace& trace, const TraceArguments& arguments) {
    const std::vector<TopSpan> spans = topSpans(trace);
    const std::size_t most = arguments.most.value_or(allSpans);
    if (arguments.json)
        printData(topSpansJson(spans, most));
    else if (arguments.csv)
        printData(topSpansCsv(spans, most));
    else
        printText(topSpansText(spans, arguments.most.value_or(mostShown)));
    return Ok;
}

// HTA wants a file for each rank.
std::string rankFile(const RankTrace& rank) {
    return "rank-" + std::to_string(rank.origin.rank) + ".json";
}

Result<void> exportRanks(const Trace& trace, const std::filesystem::path& folder) {
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    if (failed)
        return Error{ErrorCode::Failed,
                     "cannot make the folder '" + folder.string() + "': " + failed.message()};
    for (const RankTrace& rank : trace.ranks) {
        Trace alone;
        alone.ranks.push_back(rank);
        alone.begin = trace.begin;
        alone.end = trace.end;
        alone.clockErrorNs = trace.clockErrorNs;
        alone.notes = trace.notes;
        RINGSCOPE_CHECK(writeChromeTrace(alone, folder / rankFile(rank)));
    }
    return {};
}

// The first file that an export would replace.
std::optional<std::filesystem::path> replacedBy(const Trace& trace, const std::string& output,
                                                bool intoFolder) {
    std::vector<std::filesystem::path> files;
    if (!intoFolder) files.emplace_back(output);
    for (const RankTrace& rank : trace.ranks)
        if (intoFolder) files.push_back(std::filesystem::path(output) / rankFile(rank));
    const auto there = std::ranges::find_if(files, replacesAFile);
    return there == files.end() ? std::nullopt : std::optional(*there);
}

int exportTrace(const Trace& trace, const TraceArguments& arguments) {
    std::error_code ignored;
    const bool intoFolder =
        arguments.output.ends_with('/') || std::filesystem::is_directory(arguments.output, ignored);
    if (!intoFolder || arguments.format == "csv")
        if (const Result<void> free = checkOutputFile(arguments.output); !free.ok())
            return fail(free.error());
    if (!arguments.force)
        if (const auto there = replacedBy(trace, arguments.output, intoFolder))
            return fail({ErrorCode::InvalidConfig,
                         "'" + there->string() +
                             "' exists; use --force to replace it, or give -o another name"});
    const Result<void> written = arguments.format == "csv" ? writeTraceCsv(trace, arguments.output)
                                 : intoFolder              ? exportRanks(trace, arguments.output)
                                              : writeChromeTrace(trace, arguments.output);
    if (!written.ok()) return fail(written.error());
    printData(arguments.output + '\n');
    return Ok;
}

// Files of another trace there would be read as ranks of this one.
bool holdsFiles(const std::string& folder) {
    std::error_code failed;
    return !std::filesystem::is_empty(folder, failed) && !failed;
}

int importAsOurs(const Trace& trace, const TraceArguments& arguments) {
    if (holdsFiles(arguments.output))
        return fail({ErrorCode::InvalidConfig,
                     "'" + arguments.output + "' is there and not empty; name a new folder"});
    if (const Result<void> written = writeTrace(trace, arguments.output); !written.ok())
        return fail(written.error());
    for (const std::string& note : trace.notes) say("note: " + note);
    printData(arguments.output + '\n');
    return Ok;
}

// The modes, where they tell the two apart; else the words the user chose.
std::pair<std::string, std::string> namesOf(const Trace& before, const Trace& after,
                                            const TraceArguments& arguments) {
    const std::string first = before.ranks.front().origin.mode;
    const std::string second = after.ranks.front().origin.mode;
    if (!first.empty() && !second.empty() && first != second) return {first, second};
    const auto shortened = [](const std::string& word) {
        std::error_code ignored;
        const std::filesystem::path place(word);
        return std::filesystem::exists(place, ignored) && place.has_filename()
                   ? place.filename().string()
                   : word;
    };
    const std::string a = shortened(arguments.run);
    const std::string b = shortened(arguments.other);
    return a == b ? std::pair(arguments.run, arguments.other) : std::pair(a, b);
}

int diff(const TraceArguments& arguments, const GlobalOptions& global) {
    const Result<Trace> before = openTrace(arguments.run, arguments.rules, global);
    if (!before.ok()) return failStore(before.error());
    const Result<Trace> after = openTrace(arguments.other, arguments.rules, global);
    if (!after.ok()) return failStore(after.error());
    const auto [first, second] = namesOf(*before, *after, arguments);
    return printAs(arguments, diffTraces(*before, first, *after, second), traceDiffJson,
                   traceDiffCsv, traceDiffText);
}

constexpr const char* whatToName =
    "run id or name, a trace file or a folder of them: ours, .json(.gz) of the PyTorch profiler, "
    ".sqlite of nsys export";

using Answer = int (*)(const Trace& trace, const TraceArguments& arguments);

// The verbs below `trace`. They share their arguments: one of them is parsed.
class Verbs {
public:
    Verbs(CLI::App& trace, Command& command) : trace_(trace), command_(command) {}

    // Opens what is named and answers.
    CLI::App& add(const char* name, const char* help, Answer answer) {
        CLI::App& verb = ofOne(name, help);
        verb.callback([answer, arguments = arguments_, &command = command_] {
            command.action = [=, &command] {
                const Result<Trace> trace =
                    openTrace(arguments->run, arguments->rules, command.global);
                return trace.ok() ? answer(*trace, *arguments) : failStore(trace.error());
            };
        });
        return verb;
    }
    CLI::App& addInfo(const char* name, const char* help) {
        CLI::App& verb = ofOne(name, help);
        verb.callback([arguments = arguments_, &command = command_] {
            command.action = [=, &command] { return info(*arguments, command.global); };
        });
        return verb;
    }
    CLI::App& addDiff(const char* name, const char* help) {
        CLI::App& verb = bare(name, help);
        verb.add_option("BEFORE", arguments_->run, whatToName)->required();
        verb.add_option("AFTER", arguments_->other, "the same, of what changed")->required();
        verb.callback([arguments = arguments_, &command = command_] {
            command.action = [=, &command] { return diff(*arguments, command.global); };
        });
        return verb;
    }
    TraceArguments& arguments() { return *arguments_; }

private:
    CLI::App& bare(const char* name, const char* help) {
        CLI::App* verb = trace_.add_subcommand(name, help);
        verb->add_option("--rules", arguments_->rules,
                         "what kernels' names mean, before the built-in rules")
            ->type_name("FILE");
        return *verb;
    }
    CLI::App& ofOne(const char* name, const char* help) {
        CLI::App& verb = bare(name, help);
        verb.add_option("RUN", arguments_->run, std::string(whatToName) + " (default: @last-run)");
        return verb;
    }

    CLI::App& trace_;
    Command& command_;
    std::shared_ptr<TraceArguments> arguments_ = std::make_shared<TraceArguments>();
};

void withFormats(CLI::App& verb, TraceArguments& arguments) {
    CLI::Option* asJson = verb.add_flag("--json", arguments.json, "JSON on standard output");
    verb.add_flag("--csv", arguments.csv, "CSV on standard output")->excludes(asJson);
}

// What a trace says, as text, JSON and CSV.
void addInfoVerbs(Verbs& verbs) {
    TraceArguments& arguments = verbs.arguments();
    CLI::App& info = verbs.addInfo("info", "what is in a trace, and what is missing");
    addExamples(info, {{"ringscope trace info demo/ring", "a run of the store"},
                       {"ringscope trace info kineto-traces/", "a folder of another tool's"}});
    CLI::App& analyzing =
        verbs.add("analyze", "hidden, exposed, wait, hidden wait, transfer, blame, critical path",
                  analyzeTrace);
    addExamples(analyzing, {{"ringscope trace analyze", "the newest run"},
                            {"ringscope trace analyze demo/ring --json", "for programs"}});
    CLI::App& steps = verbs.add("steps", "the matrix of ring steps: rank by ring step", ringSteps);
    addExamples(steps, {{"ringscope trace steps demo/ring", "a row a rank"},
                        {"ringscope trace steps demo/ring --csv", "a line a rank and ring step"}});
    CLI::App& topVerb = verbs.add("top", "what took the most time, by name", top);
    topVerb
        .add_option("-n,--most", arguments.most,
                    "how many names (default: 20; all of them in JSON and CSV)")
        ->check(wholeNumber(0))
        ->type_name("N");
    addExamples(topVerb, {{"ringscope trace top demo/ring -n 5", "the five that took most"},
                          {"ringscope trace top run.sqlite", "of an export of nsys"}});
    CLI::App& diffing =
        verbs.addDiff("diff", "what changed between two, largest effect on the step first");
    addExamples(diffing, {{"ringscope trace diff demo/ring demo/zigzag", "two runs"},
                          {"ringscope trace diff old.json new.json", "two files"}});
    for (CLI::App* verb : {&info, &analyzing, &steps, &topVerb, &diffing})
        withFormats(*verb, arguments);
}

// Traces as other files.
void addFileVerbs(Verbs& verbs) {
    CLI::App& exporting = verbs.add("export", "for Perfetto, HTA, spreadsheets", exportTrace);
    exporting
        .add_option("-o,--output", verbs.arguments().output,
                    "out.json; or folder/ for a file a rank, as HTA reads them")
        ->required()
        ->type_name("FILE");
    exporting
        .add_option("--format", verbs.arguments().format,
                    "chrome (trace JSON) or csv (a line a span)")
        ->check(oneOfWords({"chrome", "csv"}))
        ->type_name("chrome|csv");
    exporting.add_flag("--force", verbs.arguments().force, "replace files that are there");
    addExamples(exporting, {{"ringscope trace export demo/ring -o ring.json", "for Perfetto"},
                            {"ringscope trace export demo/ring -o ranks/", "a file a rank"}});
    CLI::App& importing = verbs.add(
        "import", "another tool's trace as files of ours, which open at once", importAsOurs);
    importing.add_option("-o,--output", verbs.arguments().output, "a new folder")
        ->required()
        ->type_name("FOLDER");
    addExamples(importing, {{"ringscope trace import kineto-traces/ -o mine", "a folder of files"},
                            {"ringscope trace import run.sqlite -o mine", "an export of nsys"}});
}

}  // namespace

void addTraceVerb(CLI::App& app, Command& command) {
    CLI::App* trace = app.add_subcommand(
        "trace",
        "recorded steps, ours and others': info, analyze, steps, top, diff, export, import, "
        "rules, flight");
    trace->require_subcommand(1);
    trace->fallthrough();
    addExamples(*trace, {{"ringscope trace analyze demo/ring", "what its ranks waited for"},
                         {"ringscope trace diff demo/ring demo/zigzag", "what changed"}});
    Verbs verbs(*trace, command);
    addInfoVerbs(verbs);
    addFileVerbs(verbs);
    addRulesVerb(*trace, command);
    addFlightVerb(*trace, command);
}

}  // namespace ringscope::cli
