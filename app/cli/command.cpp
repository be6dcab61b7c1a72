#include "app/cli/command.h"

#include <sys/ioctl.h>
#include <unistd.h>
#include <cstdlib>
#include <iostream>
#include <string_view>

namespace ringscope::cli {
namespace {

Exit exitFor(ErrorCode code) {
    switch (code) {
        case ErrorCode::InvalidConfig:
            return BadConfig;
        case ErrorCode::NotFound:
            return NotFound;
        case ErrorCode::Unavailable:
            return PreflightFailed;
        case ErrorCode::Corrupt:
            return BadStore;
        case ErrorCode::Cancelled:
            return Interrupted;
        case ErrorCode::Failed:
            return Internal;
    }
    return Internal;
}

}  // namespace

int fail(const Error& error, Exit exit) {
    std::cerr << "ringscope: " << error.message << '\n';
    return exit;
}

int fail(const Error& error) { return fail(error, exitFor(error.code)); }

bool colourWanted(const GlobalOptions& global, int fileDescriptor) {
    if (global.colour == "always") return true;
    if (global.colour == "never") return false;
    const char* noColour = std::getenv("NO_COLOR");
    const char* terminal = std::getenv("TERM");
    if (noColour != nullptr && *noColour != '\0') return false;
    if (terminal == nullptr || std::string_view(terminal) == "dumb") return false;
    return ::isatty(fileDescriptor) != 0;
}

int terminalWidth(int fileDescriptor) {
    winsize size{};
    if (::ioctl(fileDescriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) return size.ws_col;
    return 100;
}

}  // namespace ringscope::cli
