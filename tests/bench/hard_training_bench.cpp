// A training of a minute whose store is locked for 40 s and whose disk is full for 10 s, and whose
// folder of traces vanishes: says what became of it. Ends with 1 where a step is missing.
#include "tests/support/hard_training.h"

#include <iostream>

int main() {
    using namespace ringscope::test;
    const Hardships hardships{.steps = 1'500,
                              .pace = std::chrono::milliseconds(40),
                              .locked = std::chrono::seconds(40),
                              .full = std::chrono::seconds(10),
                              .windowOpen = true};
    const HardTraining training = trainThrough(hardships);
    if (!training.notRun.empty()) {
        std::cout << "not run: " << training.notRun << '\n';
        return 0;
    }
    std::cout << "exit code " << training.ended.exitCode << ", " << training.status << ", "
              << training.stepsKept << " of " << hardships.steps << " steps kept, store "
              << (training.whole ? "whole" : "damaged") << "; went on while locked "
              << training.wentOnWhileLocked << ", while full " << training.wentOnWhileFull << '\n'
              << training.ended.err;
    const bool good = training.ended.exitCode == 0 && training.stepsKept == hardships.steps;
    return good ? 0 : 1;
}
