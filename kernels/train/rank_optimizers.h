// A rank's optimizers, one for each part of its parameters that is not frozen, and the file that
// their state is in where it is not in memory (memory.offload_optimizer).
#pragma once

#include "backend/core/result.h"
#include "backend/plan/run_plan.h"
#include "kernels/train/rank_model.h"
#include "kernels/train/record_file.h"
#include "kernels/train/sharded_optimizer.h"

#include <memory>
#include <vector>

namespace ringscope {

// Nothing where all state is in memory. Fails where the folder has no room for it.
Result<std::unique_ptr<RecordFile>> optimizerFileOf(const RunPlan& plan, RankModel& model);

// `file`: what optimizerFileOf() gave. Model and file must outlive them. Throws std::runtime_error
// where the file cannot be written.
std::vector<ShardedOptimizer> optimizersOf(const TrainConfig& train, RankModel& model,
                                           RecordFile* file);

// The step of all of them. Gradients count times `factor`, lr times `lrShare`.
void stepAll(std::vector<ShardedOptimizer>& optimizers, double factor, double lrShare);

}  // namespace ringscope
