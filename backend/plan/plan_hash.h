// A fingerprint of a plan. The controller and every rank make a run's plan by themselves, from the
// same configuration; where their programs plan it differently, the fingerprints differ.
//
// The same plan has the same fingerprint on every machine and in every build.
#pragma once

#include "backend/plan/run_plan.h"

#include <string>

namespace ringscope {

// 16 hexadecimal digits over numbers of ranks, bytes and parameters, the attention shape, the mask,
// and the tokens, transfers and blocks of some ranks: the first, the last, the busiest and up to 13
// between them, with blocks as the mode has them before a mask cuts them. Takes milliseconds for
// 1024 ranks.
std::string planHash(const RunPlan& plan);

}  // namespace ringscope
