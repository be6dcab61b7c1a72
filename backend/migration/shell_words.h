// The commands of a shell script as words, with its constants put in their places. Nothing is
// executed: what a command would print, arguments of the script and other programs' variables are
// no constants, and words with them are marked.
//
//     TP=${TP:-2}
//     ARGS=(--lr 1e-5 --tp $TP)
//     torchrun --nproc_per_node 8 train.py "${ARGS[@]}"
//
//     torchrun | --nproc_per_node | 8 | train.py | --lr | 1e-5 | --tp | 2
//
// Branches are read one after the other, so the last value counts; loops are read once, with the
// first value. The text may be any bytes: reading takes bounded time and never throws.
#pragma once

#include "backend/config/yaml_tree.h"
#include "backend/migration/migration.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ringscope {

struct ShellWord {
    std::string text;
    TextPosition at;
    bool unresolved = false;  // it holds a '$' that is no constant
};

struct ShellCommand {
    std::vector<ShellWord> words;                                // not empty
    std::vector<std::pair<std::string, ShellWord>> environment;  // NAME=value before the words
};

struct ShellReading {
    std::vector<ShellCommand> commands;
    std::vector<std::pair<std::string, ShellWord>> exported;  // in the order of the text
    std::vector<SourceFile> documents;                        // files written by here-documents
    std::vector<YamlProblem> notes;
    std::optional<YamlProblem> problem;  // a quote that does not end
};

ShellReading readShell(std::string_view text);

}  // namespace ringscope
