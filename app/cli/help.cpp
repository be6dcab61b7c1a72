#include "app/cli/help.h"

#include "app/cli/command.h"
#include "app/cli/words.h"
#include "backend/core/text.h"

#include <fmt/format.h>
#include <unistd.h>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <memory>

namespace ringscope::cli {
namespace {

constexpr std::size_t widestHelp = 100;
constexpr std::size_t optionColumn = 30;  // where meanings begin
constexpr std::size_t verbColumn = 15;

std::size_t helpWidth() {
    return std::clamp<std::size_t>(static_cast<std::size_t>(terminalWidth(STDOUT_FILENO)), 40,
                                   widestHelp);
}

// The text in lines of at most `room` bytes, broken between words.
std::vector<std::string> wrapped(const std::string& text, std::size_t room) {
    std::vector<std::string> lines(1);
    for (const std::string& word : split(text, ' ')) {
        std::string& line = lines.back();
        if (line.empty())
            line = word;
        else if (line.size() + 1 + word.size() <= room)
            line += " " + word;
        else
            lines.push_back(word);
    }
    return lines;
}

// The name, and what it means beside it; below it where the name is long.
std::string entry(const std::string& name, const std::string& meaning, std::size_t column) {
    std::string text = "  " + name;
    if (meaning.empty()) return text + "\n";
    bool indented = text.size() + 2 <= column;
    text += indented ? std::string(column - text.size(), ' ') : "\n";
    for (const std::string& line : wrapped(meaning, helpWidth() - column)) {
        text += (indented ? "" : std::string(column, ' ')) + line + "\n";
        indented = false;
    }
    return text;
}

class HelpFormatter final : public CLI::Formatter {
public:
    std::string make_option(const CLI::Option* option, bool positional) const override {
        return entry(make_option_name(option, positional) +
                         (positional ? std::string() : make_option_opts(option)),
                     make_option_desc(option), optionColumn);
    }
    std::string make_subcommand(const CLI::App* verb) const override {
        return entry(verb->get_name(), verb->get_description(), verbColumn);
    }
    std::string make_subcommands(const CLI::App* app, CLI::AppFormatMode /*mode*/) const override {
        std::string text;
        for (const CLI::App* verb : verbsOf(*app)) text += make_subcommand(verb);
        return text.empty() ? "" : "\nVerbs:\n" + text;
    }
    std::string make_footer(const CLI::App* app) const override {
        return inherited(*app) + Formatter::make_footer(app);
    }

private:
    // Options of the program that work behind this verb too.
    std::string inherited(const CLI::App& verb) const {
        if (verb.get_parent() == nullptr) return "";
        const CLI::App* program = &verb;
        while (program->get_parent() != nullptr) program = program->get_parent();
        std::string text = "Options of every verb:\n";
        for (const CLI::Option* option : program->get_options())
            if (option != program->get_help_ptr() && option->nonpositional() &&
                !option->check_lname("version"))
                text += make_option(option, false);
        return text + (verb.get_footer().empty() ? "" : "\n");
    }
};

}  // namespace

void addExamples(CLI::App& verb, const std::vector<Example>& examples, const std::string& below) {
    constexpr std::size_t widestColumn = 62;
    std::size_t width = 0;
    for (const Example& example : examples)
        if (example.command.size() <= widestColumn) width = std::max(width, example.command.size());
    std::string text = "Examples:";
    for (const Example& example : examples)
        text += example.what.empty()
                    ? fmt::format("\n  {}", example.command)
                    : fmt::format("\n  {:<{}}  {}", example.command, width, example.what);
    verb.footer(below.empty() ? text : text + "\n\n" + below);
}

void useHelp(CLI::App& program) {
    auto formatter = std::make_shared<HelpFormatter>();
    formatter->label("SUBCOMMAND", "VERB");
    formatter->label("SUBCOMMANDS", "VERB");
    formatter->label("Positionals", "Arguments");
    program.formatter(formatter);
    program.set_help_flag("-h,--help", "what you read now");
}

std::string helpOf(const CLI::App& verb) {
    const std::string path = verbPath(verb);
    return verb.get_formatter()->make_help(&verb, path.empty() ? "ringscope" : "ringscope " + path,
                                           CLI::AppFormatMode::Normal);
}

std::string shortHelp(const CLI::App& program) {
    std::string text = program.get_description() + "\nUsage: ringscope VERB [OPTIONS]\n\nVerbs:\n";
    for (const CLI::App* verb : verbsOf(program))
        text += entry(verb->get_name(), verb->get_description(), verbColumn);
    return text +
           "\n`ringscope demo` is the place to begin; `ringscope help VERB` has options and "
           "examples.\n";
}

}  // namespace ringscope::cli
