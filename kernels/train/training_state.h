// What the next step of a training depends on besides configuration and data: parameters and the
// optimizer's state, as slices of the model's parameters, and a few numbers.
//
// A rank gives the slices that it owns; together, the ranks give each element once. Any layout
// takes them back: it reads those slices that its own overlap. In the layout that gave them, it
// gets the same bits.
//
// State in 8 bits (adamw_8bit.h) keeps its blocks: a block that lies in one stored block gets its
// codes and its scale. One that several slices hold, or that has more bits there, is rounded once.
#pragma once

#include "backend/core/result.h"
#include "kernels/train/optimizer_stretch.h"
#include "kernels/train/rank_model.h"
#include "kernels/train/sharded_optimizer.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ringscope {

struct StateSlice {
    StateKind kind = StateKind::Values;
    std::string parameter{};    // of the whole model
    std::int64_t first = 0;     // element of it
    at::Tensor numbers{};       // (elements): fp32 or fp64, or the codes of 8 bits
    at::Tensor scales{};        // with codes: (blocks) fp32
    std::int64_t blocksAt = 0;  // with codes: the element that the first block begins at, <= first

    bool eightBit() const { return scales.defined(); }
};

struct TrainingProgress {
    std::int64_t optimizerSteps = 0;
    double lossScale = 0;  // 0: the loss is not scaled
    std::int64_t goodSteps = 0;
};

struct TrainingState {
    std::vector<StateSlice> slices{};
    TrainingProgress progress{};
};

// Its tensors are views, valid until it returns.
using SliceVisit = std::function<Result<void>(StateSlice&)>;

// What this rank has to write, slice by slice. Ends with the visit's first failure.
Result<void> visitOwnedSlices(const RankModel& model, std::vector<ShardedOptimizer>& optimizers,
                              const SliceVisit& visit);

// `stored`: the slices of all ranks, on the CPU. Fails where an element is in none of them. All
// ranks must call it.
Result<void> restoreSlices(const RankModel& model, std::vector<ShardedOptimizer>& optimizers,
                           const std::vector<StateSlice>& stored, std::int64_t optimizerSteps);

}  // namespace ringscope
