// Ranks as threads of one process, each with a real Group of its own.
#pragma once

#include "kernels/comm/rendezvous.h"

#include <functional>

namespace ringscope::test {

// Runs `rank` once on each of `size` threads. What a thread throws fails the test and is shown with
// its rank.
void runRanks(int size, const std::function<void(Group&)>& rank);

}  // namespace ringscope::test
