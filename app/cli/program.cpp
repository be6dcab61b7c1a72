#include "app/cli/program.h"

#include "app/cli/command.h"
#include "app/cli/completion.h"
#include "app/cli/console.h"
#include "app/cli/help.h"
#include "app/cli/option_checks.h"
#include "app/cli/store_access.h"
#include "app/cli/words.h"
#include "backend/config/value_text.h"
#include "backend/core/environment.h"
#include "backend/core/shell.h"
#include "backend/core/text.h"
#include "backend/core/version.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace ringscope::cli {
namespace {

constexpr const char* exitCodes = R"(`ringscope help VERB` has a verb's options and examples.

Exit codes: 0 ok, 1 internal, 2 usage, 3 invalid configuration, 4 not found, 5 store unusable,
6 preflight failed, 7 run failed or a mode is not what it should be, 8 some runs failed, modes were
refused or decisions are open, 130 interrupted, 143 terminated.)";

void addGlobalOptions(CLI::App& app, GlobalOptions& global) {
    app.add_option("--db", global.store, "the store to use (default: see `ringscope doctor`)")
        ->type_name("FILE")
        ->envname("RINGSCOPE_DB");
    app.add_option("--color", global.colour, "colour on the terminal")
        ->check(oneOfWords({"auto", "always", "never"}))
        ->type_name("auto|always|never");
    app.add_flag("-q,--quiet", global.quiet, "only results and errors");
    app.add_flag("--no-progress", global.noProgress, "no live progress on a terminal");
}

std::string missingVerb(const CLI::App& verb) {
    std::vector<std::string> names;
    for (const CLI::App* below : verbsOf(verb)) names.push_back(below->get_name());
    return "a verb is missing: " + join(names, ", ");
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    if (const std::size_t at = text.find(from); at != std::string::npos)
        text.replace(at, from.size(), to);
    return text;
}

// CLI11's words as a sentence of ours.
std::string sentenceOf(const CLI::ParseError& problem, const CLI::App& verb) {
    const std::string said = problem.what();
    if (dynamic_cast<const CLI::RequiredError*>(&problem) != nullptr) {
        const bool lacksVerb =
            !verbsOf(verb).empty() && said.find("ubcommand") != std::string::npos;
        return lacksVerb ? missingVerb(verb) : replaced(said, " is required", " is missing");
    }
    if (dynamic_cast<const CLI::ExcludesError*>(&problem) != nullptr)
        return replaced(said, " excludes ", " and ") + " exclude each other";
    // "FILE: At Most 1 required but received 2", "--set: 1 required PATH=VALUE missing"
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&problem) != nullptr) {
        const std::string name = said.substr(0, said.find(": "));
        return said.ends_with(" missing") ? name + ": a value is missing"
                                          : name + " is given more than once";
    }
    return said;
}

// "unexpected argument 'twice'"
std::string unexpected(const CLI::App& program) {
    std::vector<std::string> words = program.remaining(true);
    for (std::string& word : words) word = shown(word);
    return (words.size() == 1 ? "unexpected argument " : "unexpected arguments ") +
           join(words, ", ");
}

// `ringscope complete -- WORDS`, for the scripts of `ringscope completion`. The last word is the
// one that is typed, and may be empty; nothing of them is parsed.
int offerWords(const CLI::App& program, std::vector<std::string> words) {
    words.erase(words.begin());
    if (!words.empty() && words.front() == "--") words.erase(words.begin());
    const std::string typed = words.empty() ? "" : words.back();
    if (!words.empty()) words.pop_back();
    GlobalOptions global;
    if (const char* store = std::getenv("RINGSCOPE_DB")) global.store = store;
    for (std::size_t at = 0; at + 1 < words.size(); ++at)
        if (words[at] == "--db") global.store = words[at + 1];
    printData(completionText(complete(program, words, typed, storePath(global))));
    return Ok;
}

int refuseWords(const CLI::App& verb, const std::string& problem) {
    const std::string path = verbPath(verb);
    say(problem);
    sayText("`ringscope " + (path.empty() ? "help" : "help " + path) + "` says what there is\n");
    return Usage;
}

// A script that keeps what was printed must learn that it is not there.
int delivered(int exitCode) {
    errno = 0;
    if (flushPrinted()) return exitCode;
    const std::string reason = errno == 0 ? "" : ": " + std::generic_category().message(errno);
    say("cannot write standard output" + reason);
    return exitCode == Ok ? Internal : exitCode;
}

// "RINGSCOPE_TRAIN__STEPS=20 ringscope run four.yaml --set …": a shell repeats it.
std::string typedLine(int argc, const char* const* argv) {
    std::string line;
    for (const auto& [name, value] : environmentVariables())
        if (name.starts_with("RINGSCOPE_") && name.find("__") != std::string::npos)
            line += name + "=" + shellWord(value) + " ";
    std::vector<std::string> words = {"ringscope"};
    words.insert(words.end(), argv + std::min(argc, 1), argv + argc);
    return line + commandLine(words);
}

}  // namespace

int runProgram(int argc, const char* const* argv) {
    CLI::App app(
        "Which way of splitting a sequence over ranks is fastest, fits, and trains the "
        "same model?",
        "ringscope");
    useHelp(app);
    app.set_version_flag("-V,--version", std::string("ringscope ") + version(),
                         "the program's version");
    app.require_subcommand(0, 1);
    app.fallthrough();  // global options may follow the verb

    Command command;
    command.global.typed = typedLine(argc, argv);
    addGlobalOptions(app, command.global);
    for (const Verb& verb : verbTable()) verb.add(app, command);
    app.footer(exitCodes);  // verbs would inherit it

    const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
    if (!words.empty() && words.front() == "complete") return offerWords(app, words);
    const WordCheck check = checkWords(app, words);
    if (check.problem) return refuseWords(*check.verb, *check.problem);
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        printText(helpOf(*check.verb));
        return Ok;
    } catch (const CLI::ParseError& problem) {
        if (problem.get_exit_code() == 0) return app.exit(problem);  // the version
        const std::string path = verbPath(*check.verb);
        const bool extra = dynamic_cast<const CLI::ExtrasError*>(&problem) != nullptr;
        return refuseWords(*check.verb,
                           (path.empty() ? "" : path + ": ") +
                               (extra ? unexpected(app) : sentenceOf(problem, *check.verb)));
    }
    if (command.action) return delivered(command.action());
    printText(shortHelp(app));
    return delivered(Ok);
}

}  // namespace ringscope::cli
