// ringscope trace rules ls | test | save: what kernels' names mean in traces of other tools.
#include "app/cli/console.h"
#include "app/cli/help.h"
#include "app/cli/option_checks.h"
#include "app/cli/trace_parts.h"
#include "backend/report/run_json.h"
#include "backend/trace/chrome/kernel_rules.h"
#include "backend/trace/trace_files.h"

#include <fmt/format.h>
#include <CLI/App.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace ringscope::cli {
namespace {

struct RulesArguments {
    std::string rules;  // a file read before the others
    std::vector<std::string> names;
    std::string kind;
    std::string pattern;
    std::string operation;
    bool json = false;
};

std::string placeOf(const KernelRule& rule) {
    return rule.file.empty() ? fmt::format("built in, line {}", rule.line)
                             : fmt::format("{}:{}", rule.file, rule.line);
}

nlohmann::json rowOf(const KernelRule& rule) {
    return {{"class", spanKindName(rule.meaning.kind)},
            {"pattern", rule.pattern},
            {"operation", operationName(rule.meaning.operation)},
            {"file", rule.file.empty() ? nlohmann::json(nullptr) : nlohmann::json(rule.file)},
            {"line", rule.line}};
}

nlohmann::json documentOf(nlohmann::json rows, const char* name) {
    return {{"schema_version", jsonSchemaVersion},
            {"user_file", kernelRuleFile().string()},
            {name, std::move(rows)}};
}

int list(const RulesArguments& arguments) {
    const Result<KernelRules> rules = KernelRules::known(arguments.rules);
    if (!rules.ok()) return fail(rules.error());
    if (arguments.json) {
        nlohmann::json rows = nlohmann::json::array();
        for (const KernelRule& rule : rules->rules()) rows.push_back(rowOf(rule));
        printData(documentOf(std::move(rows), "rules").dump(2) + '\n');
        return Ok;
    }
    printText("the first that fits counts; your own stand in " + kernelRuleFile().string() +
              "\n\n");
    for (const KernelRule& rule : rules->rules())
        printText(fmt::format("{:<10} {:<32} {:<15} {}\n", spanKindName(rule.meaning.kind),
                              rule.pattern, operationName(rule.meaning.operation), placeOf(rule)));
    return Ok;
}

int test(const RulesArguments& arguments) {
    const Result<KernelRules> rules = KernelRules::known(arguments.rules);
    if (!rules.ok()) return fail(rules.error());
    nlohmann::json rows = nlohmann::json::array();
    for (const std::string& name : arguments.names) {
        const KernelRule* rule = rules->ruleFor(name);
        const KernelMeaning meaning = rules->meaningOf(name);
        if (arguments.json) {
            rows.push_back({{"name", name},
                            {"class", spanKindName(meaning.kind)},
                            {"operation", operationName(meaning.operation)},
                            {"rule", rule == nullptr ? nlohmann::json(nullptr) : rowOf(*rule)}});
            continue;
        }
        printText(fmt::format(
            "{}: {}, {}, {}\n", name, spanKindName(meaning.kind), operationName(meaning.operation),
            rule == nullptr ? std::string("by no rule: such a kernel computes")
                            : fmt::format("by '{}' ({})", rule->pattern, placeOf(*rule))));
    }
    if (arguments.json) printData(documentOf(std::move(rows), "names").dump(2) + '\n');
    return Ok;
}

int save(const RulesArguments& arguments) {
    const std::filesystem::path file =
        arguments.rules.empty() ? kernelRuleFile() : std::filesystem::path(arguments.rules);
    std::string line = fmt::format("{:<10} {}", arguments.kind, arguments.pattern);
    if (!arguments.operation.empty()) line = fmt::format("{:<40} {}", line, arguments.operation);
    const Result<void> saved = saveKernelRule(file, line);
    if (!saved.ok()) return fail(saved.error());
    printData(file.string() + '\n');
    return Ok;
}

}  // namespace

void addRulesVerb(CLI::App& trace, Command& command) {
    CLI::App* rules = trace.add_subcommand(
        "rules", "what kernels' names mean in traces of other tools: ls, test, save");
    rules->require_subcommand(1);
    const auto arguments = std::make_shared<RulesArguments>();
    const auto add = [&](const char* name, const char* help, int (*answer)(const RulesArguments&),
                         const char* ofFile) {
        CLI::App* verb = rules->add_subcommand(name, help);
        verb->add_option("--rules", arguments->rules, ofFile)->type_name("FILE");
        verb->callback([answer, arguments, &command] {
            command.action = [answer, arguments] { return answer(*arguments); };
        });
        return verb;
    };
    const char* const first = "a file that is read before the others";
    CLI::App* ls = add("ls", "all rules, in the order in which they are tried", list, first);
    ls->add_flag("--json", arguments->json, "JSON on standard output");
    CLI::App* testing = add("test", "what a name means, and by which rule", test, first);
    testing->add_option("NAME", arguments->names, "kernels' names")->required();
    testing->add_flag("--json", arguments->json, "JSON on standard output");
    CLI::App* saving = add("save", "adds a rule of your own", save,
                           "the file to add it to, in place of your own rules");
    saving->add_option("CLASS", arguments->kind, "what such a kernel does")
        ->required()
        ->check(oneOfWords({"attention", "compute", "transfer", "copy"}))
        ->type_name("attention|compute|transfer|copy");
    saving->add_option("PATTERN", arguments->pattern, "a kernel's name; '*' stands for anything")
        ->required();
    saving->add_option("AS", arguments->operation,
                       "of a transfer: all-to-all, all-gather, reduce-scatter, all-reduce, "
                       "barrier, send or receive");
    addExamples(*ls, {{"ringscope trace rules ls", "the first that fits counts"},
                      {"ringscope trace rules ls --json", "for programs"}});
    addExamples(*testing, {{"ringscope trace rules test my_exchange_kernel", "before a rule"},
                           {"ringscope trace rules test a b --json", "several, for programs"}});
    addExamples(*saving, {{"ringscope trace rules save transfer '*my_exchange*' all-to-all",
                           "have it counted as communication"},
                          {"ringscope trace rules save copy 'my_copy_*'", "have it not counted"}});
    addExamples(*rules, {{"ringscope trace rules ls", "what is known"},
                         {"ringscope trace rules test my_exchange_kernel", "what a name means"}});
}

}  // namespace ringscope::cli
