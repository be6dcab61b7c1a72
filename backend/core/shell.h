// Words as a POSIX shell reads them back.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

// In single quotes, always: for a command that a program hands to a shell.
std::string shellQuoted(std::string_view word);

// As it stands where no shell changes it, in single quotes otherwise: for a line that people read.
std::string shellWord(std::string_view word);

// The words as one line to paste into a terminal; the first one is the program.
std::string commandLine(const std::vector<std::string>& words);

// The line that runs `ringscope` with these arguments. `store`: what --db names; empty: the default
// store, which the line then does not name.
std::string ringscopeCommand(const std::string& store, const std::vector<std::string>& arguments);

}  // namespace ringscope
