// What ringscope-rank does with --verify: every mode of a VerifyRequest, forward and backward,
// judged on rank 0 against fp64.
//
//   rank 0         inputs, reference, the unsharded kernel's own errors      others wait to be told
//   all ranks      a mode's layer -> gathered on rank 0 -> verdict -> probe   again for the next
//   mode
#pragma once

#include "kernels/rank/rank_program.h"

namespace ringscope {

// Answers the process's exit code, as runRank does. A verdict that is not ok is no failure of the
// program.
int runVerification(const RankArguments& arguments, int input, int events);

}  // namespace ringscope
