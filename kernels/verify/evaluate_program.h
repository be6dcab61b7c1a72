// What ringscope-rank does with --evaluate: one batch through the model, under the plan's mode.
//
//   all ranks    their tokens' logits and losses, and with `gradients` the parameters' gradients
//   rank 0       brings them together in token order, writes logits.npy (B, S, vocabulary) and
//                gradients.safetensors, whose names are the checkpoint's, and tells the loss
#pragma once

#include "kernels/rank/rank_program.h"

namespace ringscope {

// Returns the process's exit code, as runRank does.
int runEvaluation(const RankArguments& arguments, int input, int events);

}  // namespace ringscope
