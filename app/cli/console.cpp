#include "app/cli/console.h"

#include "backend/core/files.h"
#include "backend/report/wording.h"

#include <unistd.h>
#include <iostream>

namespace ringscope::cli {
namespace {

constexpr const char* startOfEmptyLine = "\r\x1b[K";

}  // namespace

void printText(std::string_view text) { std::cout << reporting::printableText(text); }

void printStyled(std::string_view text) { std::cout << text; }

void printData(std::string_view text) {
    if (::isatty(STDOUT_FILENO) != 0)
        printText(text);
    else
        std::cout << text;
}

bool flushPrinted() { return static_cast<bool>(std::cout.flush()); }

Result<std::string> readStandardInput() { return readText(std::cin, "standard input"); }

void say(std::string_view sentence) {
    std::cerr << "ringscope: " << reporting::printableLine(sentence) << '\n';
}

void sayText(std::string_view text) { std::cerr << reporting::printableText(text); }

void drawLine(std::string_view line) {
    std::cerr << startOfEmptyLine << reporting::printableLine(line) << std::flush;
}

void clearLine() { std::cerr << startOfEmptyLine << std::flush; }

}  // namespace ringscope::cli
