// The parts of `ringscope model` that have a file of their own.
#pragma once

#include "app/cli/command.h"

namespace ringscope::cli {

// ringscope model eval: what a model computes for a batch, under any mode.
void addModelEvalVerb(CLI::App& model, Command& command);

}  // namespace ringscope::cli
