// What ringscope-rank does with --generate: goes on with a prompt, token by token; or with those of
// many clients (serve_program.h).
//
//   all ranks    read the prompt under the plan's mode, keep its keys, and compute each next token
//   rank 0       picks it, tells all ranks, and tells the texts as they grow
#pragma once

#include "kernels/rank/rank_program.h"

namespace ringscope {

// Returns the process's exit code, as runRank does.
int runGeneration(const RankArguments& arguments, int input, int events);

}  // namespace ringscope
