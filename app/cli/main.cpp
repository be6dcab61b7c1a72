// ringscope: the headless program.
#include "app/cli/command.h"
#include "app/cli/program.h"
#include "backend/report/wording.h"

#include <exception>
#include <iostream>

int main(int argc, char** argv) {
    try {
        return ringscope::cli::runProgram(argc, argv);
    } catch (const std::exception& problem) {
        std::cerr << "ringscope: internal error: "
                  << ringscope::reporting::printableText(problem.what()) << '\n';
        return ringscope::cli::Internal;
    }
}
