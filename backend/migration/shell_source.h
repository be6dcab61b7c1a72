// A shell script that starts a training, as keys: the options of its launcher and program, and the
// environment it gives them. Nothing is executed.
//
//     CUDA_VISIBLE_DEVICES=0,1 torchrun --nproc_per_node 2 train.py --lr 1e-5
//
//     path                    rule                     value
//     CUDA_VISIBLE_DEVICES    env.CUDA_VISIBLE_DEVICES 0,1
//     torchrun                launcher.program         train.py
//     --nproc_per_node        launcher.nproc_per_node  2
//     --lr                    lr                       1e-5
#pragma once

#include "backend/migration/source_tree.h"

#include <optional>
#include <string_view>
#include <vector>

namespace ringscope {

struct ShellSource {
    std::vector<SourceKey> keys;
    std::vector<SourceFile> documents;  // files that the script writes
    std::vector<YamlProblem> notes;
    std::optional<YamlProblem> problem;  // no command starts a training, a quote does not end
    bool startsNothing = false;          // the first of these
};

ShellSource readShellSource(std::string_view text);

// Whether a line of the text begins with a program that starts trainings.
bool looksLikeCommands(std::string_view text);

}  // namespace ringscope
