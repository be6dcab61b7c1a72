// What every verb of the command line shares: the global options, and the action to run.
//
// A verb is one file that adds itself to the CLI11 application; command_table.cpp lists them.
// Data goes to standard output, messages and progress to standard error.
#pragma once

#include "app/exit_codes.h"
#include "backend/core/result.h"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace ringscope::cli {

using app::Exit;
using app::exitFor;
using enum app::Exit;

// Options that every verb has.
struct GlobalOptions {
    std::string store{};          // --db
    std::string colour = "auto";  // --color
    bool quiet = false;
    bool noProgress = false;
    std::string typed{};  // the whole line, with the variables that set fields: what runs keep
};

// What the command line asks for.
struct Command {
    GlobalOptions global;
    std::function<int()> action;  // set by the verb that was parsed
};

// A row of the table of verbs. add() declares the verb's options; parsing them sets the action.
struct Verb {
    const char* name;
    void (*add)(CLI::App& app, Command& command);
};
std::span<const Verb> verbTable();

// Prints "ringscope: <line>" on standard error for each line of the message, and returns the exit
// code of its kind.
int fail(const Error& error);
int fail(const Error& error, Exit exit);

// --color, else NO_COLOR and TERM, else whether the descriptor is a terminal.
bool colourWanted(const GlobalOptions& global, int fileDescriptor);
// Columns of the terminal. Where there is none, those that COLUMNS says, else 100.
int terminalWidth(int fileDescriptor);

}  // namespace ringscope::cli
