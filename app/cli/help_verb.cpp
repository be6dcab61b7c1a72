// ringscope help [VERB]: what --help behind the verb prints.
#include "app/cli/console.h"
#include "app/cli/help.h"
#include "app/cli/verbs.h"
#include "app/cli/words.h"

#include <CLI/App.hpp>
#include <memory>

namespace ringscope::cli {
namespace {

int help(const CLI::App& program, const std::vector<std::string>& words) {
    const CLI::App* verb = &program;
    for (const std::string& word : words) {
        const CLI::App* next = findVerb(*verb, word);
        if (next == nullptr && verbsOf(*verb).empty())
            return fail(
                {ErrorCode::InvalidConfig, verbPath(*verb) + " has no verbs; got '" + word + "'"},
                Usage);
        if (next == nullptr)
            return fail({ErrorCode::InvalidConfig, unknownVerb(*verb, word)}, Usage);
        verb = next;
    }
    printText(helpOf(*verb));
    return Ok;
}

}  // namespace

void addHelpVerb(CLI::App& app, Command& command) {
    CLI::App* verb = app.add_subcommand("help", "what a verb does, its options and examples");
    auto words = std::make_shared<std::vector<std::string>>();
    verb->add_option("VERB", *words, "a verb, and a verb of it: runs ls");
    addExamples(*verb, {{"ringscope help run", "the same as `ringscope run --help`"},
                        {"ringscope help trace top", "a verb of a verb"}});
    verb->callback(
        [words, &app, &command] { command.action = [words, &app] { return help(app, *words); }; });
}

}  // namespace ringscope::cli
