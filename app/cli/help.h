// Help of the program and of each verb, made from the options that the verbs declare.
//
// A verb's help ends with the options that work behind every verb, then its own examples.
#pragma once

#include <CLI/App.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace ringscope::cli {

struct Example {
    std::string_view command;  // "ringscope run four.yaml --dry-run"
    std::string_view what;     // "what would happen"
};

// Puts them, and a text below them, at the end of the verb's help.
void addExamples(CLI::App& verb, const std::vector<Example>& examples,
                 const std::string& below = "");

// Must be called before verbs are added: they inherit it.
void useHelp(CLI::App& program);

// "ringscope runs ls --help" prints this.
std::string helpOf(const CLI::App& verb);

// What `ringscope` alone prints: the verbs, and how to go on.
std::string shortHelp(const CLI::App& program);

}  // namespace ringscope::cli
