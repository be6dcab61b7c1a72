// What may come next on a command line: the words that shells offer when a user presses Tab.
//
// Verbs and options are those that the verbs declare. What an option takes is known by its type:
//
//     FILE FOLDER DIR    the shell's own names of files
//     a|b|c              one of these words
//     PATH=VALUE         a field, then its values
//     RUN                runs of the store, and @last
//
// --mode, --status and --experiment are known by their names.
#pragma once

#include <CLI/App.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace ringscope::cli {

struct Candidate {
    std::string word;
    std::string meaning{};  // one line; may be empty
};

enum class OfferedFiles { None, Files, Folders };

struct Completion {
    std::vector<Candidate> words{};  // each begins with what was typed
    OfferedFiles files = OfferedFiles::None;
    bool goesOn = false;  // a chosen word is only a beginning: no space after it
};

// `words`: those before the one that is typed, without the program's name. `store` may not exist.
Completion complete(const CLI::App& program, const std::vector<std::string>& words,
                    const std::string& typed, const std::filesystem::path& store);

// What `ringscope complete` prints: a line ":files", ":folders" or ":goes-on" where one of them
// holds, then a line per word: the word, a tab, its meaning.
std::string completionText(const Completion& completion);

}  // namespace ringscope::cli
