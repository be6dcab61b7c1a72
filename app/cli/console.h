// What the program prints. Text of ranks, hosts, traces and files is in all of it, so nothing but
// these functions writes: a control character of such a text arrives as U+FFFD.
#pragma once

#include "backend/core/result.h"

#include <string>
#include <string_view>

namespace ringscope::cli {

// Standard output, for people.
void printText(std::string_view text);

// The same for text with colours of its own, whose foreign parts are printable already.
void printStyled(std::string_view text);

// Standard output, for programs: JSON, CSV, the content of a file. Byte for byte, but on a terminal
// as printText().
void printData(std::string_view text);

// What was printed is in the pipe or the file. False where it cannot be written; errno says why.
bool flushPrinted();

// All of standard input; fails as readText() does.
Result<std::string> readStandardInput();

// Standard error: "ringscope: <sentence>" and the line's end; and lines as they are.
void say(std::string_view sentence);
void sayText(std::string_view text);

// Standard error on a terminal: replaces the line that stands there, without ending it; and takes
// it away.
void drawLine(std::string_view line);
void clearLine();

}  // namespace ringscope::cli
