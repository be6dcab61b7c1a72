#include "app/cli/command.h"

#include "app/cli/console.h"
#include "backend/config/value_text.h"
#include "backend/core/text.h"

#include <sys/ioctl.h>
#include <unistd.h>
#include <cstdlib>
#include <string_view>

namespace ringscope::cli {

int fail(const Error& error, Exit exit) {
    for (const std::string& sentence : split(error.message, '\n')) say(sentence);
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
    constexpr int narrowest = 20;
    const char* columns = std::getenv("COLUMNS");
    const std::optional<std::int64_t> wanted =
        columns == nullptr ? std::nullopt : parseInteger(columns);
    return wanted && *wanted > narrowest && *wanted < 10'000 ? static_cast<int>(*wanted) : 100;
}

}  // namespace ringscope::cli
