// Starts a program in a session of its own, and runs a short one to its end.
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

// The program has default signal handling and no open descriptor but these three streams. A first
// word without a slash is searched in PATH. An empty `environment` means this program's own.
Result<pid_t> spawnProgram(std::vector<std::string> words, std::vector<std::string> environment,
                           const StandardStreams& streams);

struct ShortProgram {
    std::vector<std::string> words;
    std::filesystem::path input{};  // its standard input; empty: none
    std::chrono::seconds limit{60};
};

struct ProgramEnd {
    int code = -1;  // -1: ended by a signal, or killed at the limit
    bool timedOut = false;
    std::string out{};
    std::string err{};
};

// Returns when the program has ended and no process holds its output open, or at the limit.
Result<ProgramEnd> runToEnd(const ShortProgram& program);

}  // namespace ringscope
