// A training to whose store and traces everything happens that may: another program locks the
// store, its disk is full, the folder of traces vanishes. The end-to-end test has a short one,
// `hard_training_bench` one of a minute.
#pragma once

#include "tests/support/program.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace ringscope::test {

struct Hardships {
    std::int64_t steps = 0;
    std::chrono::milliseconds pace{};  // a step takes at least so long
    std::chrono::seconds locked{};
    std::chrono::seconds full{};
    bool windowOpen = false;  // ringscope-gui shows the store meanwhile, where it was built
};

struct HardTraining {
    std::string notRun{};  // why it could not be tried here; else empty
    Ended ended{};
    std::string status{};               // of the run, as the store has it
    std::int64_t stepsKept = 0;         // in the store, each once, without a gap
    bool wentOnWhileLocked = false;     // the program was alive when the lock was taken and let go
    bool wentOnWhileFull = false;       // the same of the full disk
    bool saidSo = false;                // that results wait for the store
    bool whole = false;                 // what `ringscope db check` says
    std::optional<bool> windowLived{};  // until the training was over; nothing where none was built
};

// Needs to mount a small file system, so root.
HardTraining trainThrough(const Hardships& hardships);

}  // namespace ringscope::test
