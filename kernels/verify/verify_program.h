// What ringscope-rank does with --verify: every mode of a VerifyRequest, forward and backward,
// judged on rank 0 against fp64.
//
//   rank 0       inputs, reference, errors of the unsharded kernel; others wait for the rendezvous
//   all ranks    for each mode: its layer -> gathered on rank 0 -> verdict -> probe
#pragma once

#include "kernels/rank/rank_program.h"

namespace ringscope {

// Returns the process's exit code, as runRank does: 0 also where a verdict is not ok.
int runVerification(const RankArguments& arguments, int input, int events);

}  // namespace ringscope
