// What one rank of a run allocates and frees in a training step, from the plan alone: the trainer
// without its numbers. Read it as what a rank recorded, of its second step, when the buffers of
// messages are there already:
//
//     const RankTrace told = stepProgram(plan, rank);
//     memoryPeak(told)->held
//
// It follows kernels/train, kernels/model, kernels/attention and kernels/block line by line; a test
// (tests/kernels/memory) holds it against what ranks allocate. Documents are not known: blocks are
// those of one document.
#pragma once

#include "backend/memory/rank_writer.h"
#include "backend/trace/rank_trace.h"

namespace ringscope {

RankTrace stepProgram(const RunPlan& plan, int rank, const MachineTraits& machine = {});

// Only the peak of it, in a fraction of the time.
ProgramPeak stepPeak(const RunPlan& plan, int rank, const MachineTraits& machine = {});

}  // namespace ringscope
