// Starting a program in a session of its own, and running a short one to its end.
#pragma once

#include "backend/core/result.h"
#include "launcher/descriptor.h"

#include <sys/types.h>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace ringscope {

struct StandardStreams {
    const Descriptor& in;
    const Descriptor& out;
    const Descriptor& err;
};

// Default signals, these three streams and nothing else open. A first word without a slash is
// looked for in PATH. Empty `environment`: our own.
Result<pid_t> spawnProgram(std::vector<std::string> words, std::vector<std::string> environment,
                           const StandardStreams& streams);

struct ShortProgram {
    std::vector<std::string> words;
    std::filesystem::path input{};  // its standard input; empty: none
    std::chrono::seconds limit{60};
};

struct ProgramEnd {
    int code = -1;  // -1: ended by a signal, or by us at the limit
    bool timedOut = false;
    std::string out{};
    std::string err{};
};

// Returns when it has ended and nobody holds its output any more.
Result<ProgramEnd> runToEnd(const ShortProgram& program);

}  // namespace ringscope
