// The words of a command line against the table of verbs and options, before CLI11 parses them:
// what is misspelt is said with the word that was meant.
#pragma once

#include <CLI/App.hpp>

#include <optional>
#include <string>
#include <vector>

namespace ringscope::cli {

struct WordCheck {
    const CLI::App* verb = nullptr;  // the innermost one that was named; the program where none was
    std::optional<std::string> problem{};  // "unknown verb 'rnu'; did you mean 'run'?"
};

// `words`: without the program's name.
WordCheck checkWords(const CLI::App& program, const std::vector<std::string>& words);

// "trace top" of its verb; empty of the program.
std::string verbPath(const CLI::App& verb);

// Those that have a name, in the order of the table; of hidden ones (group "") none.
std::vector<const CLI::App*> verbsOf(const CLI::App& app);

// The verb of `app` with this name, hidden or not; null where there is none.
const CLI::App* findVerb(const CLI::App& app, const std::string& name);

// "unknown verb 'rnu'; did you mean 'run'?"
std::string unknownVerb(const CLI::App& app, const std::string& word);

// The option that a word like --set, --set=x, -s or -sx names, of the verb or of the program; null
// where there is none.
const CLI::Option* findOption(const CLI::App& verb, const std::string& word);

// Whether its value is the next word. `word` as findOption() takes it.
bool takesNextWord(const CLI::Option& option, const std::string& word);

// "-3" is a number and "-" standard input; neither is an option.
bool looksLikeOption(const std::string& word);

}  // namespace ringscope::cli
