// The verbs below `trace` that open no trace.
#pragma once

#include "app/cli/command.h"

namespace CLI {
class App;
}

namespace ringscope::cli {

// ringscope trace rules ls | test | save: what kernels' names mean.
void addRulesVerb(CLI::App& trace, Command& command);
// ringscope trace flight: dumps of PyTorch's flight recorder.
void addFlightVerb(CLI::App& trace, Command& command);

}  // namespace ringscope::cli
