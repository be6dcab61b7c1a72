// Manual pages of the program and its verbs, made from the options that the verbs declare.
#pragma once

#include <CLI/App.hpp>

#include <string>
#include <vector>

namespace ringscope::cli {

struct ManPage {
    std::string name;  // "ringscope-run"
    std::string text;  // roff, as man(7) has it
};

// Of the program or of a verb; verbs of a verb stand in its page.
ManPage manPage(const CLI::App& verb);

// The program's, then one for each verb.
std::vector<ManPage> allManPages(const CLI::App& program);

}  // namespace ringscope::cli
