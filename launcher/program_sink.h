// A program that gets events on its standard input, a line of JSON each. What it prints goes to
// this program's standard error.
#pragma once

#include "backend/sink/run_event.h"

#include <memory>
#include <string>
#include <vector>

namespace ringscope {

// Starts it. close() ends its input and waits for its end; a program that failed is a failure.
Result<std::unique_ptr<SinkWriter>> startProgramSink(std::vector<std::string> words);

}  // namespace ringscope
