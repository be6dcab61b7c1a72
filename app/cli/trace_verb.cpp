// ringscope trace info | analyze | export | import: what recorded steps say, ours and other tools'.
#include "app/cli/store_access.h"
#include "app/cli/trace_access.h"
#include "app/cli/trace_json.h"
#include "app/cli/trace_text.h"
#include "app/cli/verbs.h"
#include "backend/trace/import.h"

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

namespace ringscope::cli {
namespace {

struct TraceArguments {
    std::string run = "@last-run";
    std::string rules;
    std::string output;
    bool json = false;
};

using Answer = int (*)(const Trace& trace, const TraceArguments& arguments);

int info(const Trace& trace, const TraceArguments& arguments) {
    if (arguments.json) {
        std::cout << infoJson(trace).dump(2) << '\n';
    } else {
        std::cout << infoText(trace);
    }
    return Ok;
}

int analyzeTrace(const Trace& trace, const TraceArguments& arguments) {
    const RunFindings findings = analyze(trace);
    const std::vector<ToolVariants> variants = toolVariants(trace);
    if (arguments.json) {
        std::cout << analysisJson(findings, variants).dump(2) << '\n';
    } else {
        std::cout << analysisText(findings, variants);
    }
    std::vector<std::string> violations = findings.violations;
    for (const ToolVariants& each : variants)
        violations.insert(violations.end(), each.violations.begin(), each.violations.end());
    for (const std::string& violation : violations)
        std::cerr << "ringscope: the analysis contradicts itself: " << violation << '\n';
    return violations.empty() ? Ok : Internal;
}

int exportTrace(const Trace& trace, const TraceArguments& arguments) {
    if (const Result<void> written = writeChromeTrace(trace, arguments.output); !written.ok())
        return fail(written.error());
    std::cout << arguments.output << '\n';
    return Ok;
}

int importAsOurs(const Trace& trace, const TraceArguments& arguments) {
    if (const Result<void> written = writeTrace(trace, arguments.output); !written.ok())
        return fail(written.error());
    for (const std::string& note : trace.notes) std::cerr << "note: " << note << '\n';
    std::cout << arguments.output << '\n';
    return Ok;
}

// One verb below `trace`: opens what is named and answers.
class Verbs {
public:
    Verbs(CLI::App& trace, Command& command) : trace_(trace), command_(command) {}

    CLI::App& add(const char* name, const char* help, Answer answer) {
        CLI::App* verb = trace_.add_subcommand(name, help);
        verb->add_option("RUN", arguments_->run,
                         "run id or name, a folder of trace files, a trace file, or another "
                         "tool's .json or .json.gz (default: @last-run)");
        verb->add_option("--rules", arguments_->rules,
                         "what kernels' names mean, before the built-in rules")
            ->type_name("FILE");
        verb->callback([answer, arguments = arguments_, &command = command_] {
            command.action = [=, &command] {
                const Result<Trace> trace =
                    openTrace(arguments->run, arguments->rules, command.global);
                return trace.ok() ? answer(*trace, *arguments) : failStore(trace.error());
            };
        });
        return *verb;
    }
    void withJson(CLI::App& verb) {
        verb.add_flag("--json", arguments_->json, "one JSON object on standard output");
    }
    void withOutput(CLI::App& verb, const char* help, const char* type) {
        verb.add_option("-o,--output", arguments_->output, help)->required()->type_name(type);
    }

private:
    CLI::App& trace_;
    Command& command_;
    std::shared_ptr<TraceArguments> arguments_ = std::make_shared<TraceArguments>();
};

}  // namespace

void addTraceVerb(CLI::App& app, Command& command) {
    CLI::App* trace = app.add_subcommand(
        "trace", "recorded steps, ours and other tools': info, analyze, export, import");
    trace->require_subcommand(1);
    trace->fallthrough();
    Verbs verbs(*trace, command);
    verbs.withJson(verbs.add("info", "what is in a trace, and what is missing", info));
    verbs.withJson(verbs.add("analyze", "hidden, exposed, wait, transfer, blame", analyzeTrace));
    verbs.withOutput(verbs.add("export", "Chrome trace JSON, for Perfetto and HTA", exportTrace),
                     "out.json", "FILE");
    verbs.withOutput(
        verbs.add("import", "another tool's trace as files of ours, which open at once",
                  importAsOurs),
        "a new folder", "FOLDER");
}

}  // namespace ringscope::cli
