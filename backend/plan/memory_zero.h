// What ranks divide of parameters, gradients and the optimizer's state (memory.zero), and what they
// send for it; what is kept of layers that run again.
#pragma once

#include "backend/model/parameter_share.h"
#include "backend/plan/run_plan.h"

#include <cstdint>

namespace ringscope {

// Whether a rank holds all gradients, and all values, only while it uses them: memory.zero 2 and 3,
// 3, where there is more than one rank.
bool dividesGradients(const RunPlan& plan);
bool dividesValues(const RunPlan& plan);

// Whether a rank holds values only while it uses them: also where it reads its own from the disk
// (memory.offload_parameters), as the only rank or as one of several.
bool valuesComeAndGo(const RunPlan& plan);

ParameterShare parameterShareOf(const RunPlan& plan);

// Of how many ranks that hold a part alike, a rank is which, and what of the part it updates: its
// slice, or with memory.zero 0 and where nobody else holds it, all.
struct PartOwner {
    std::int64_t ranks = 1;
    std::int64_t place = 0;
    BufferPart owned{};
};
PartOwner partOwner(const RunPlan& plan, const SharePart& part, int rank);

// Sent by a rank in a step: to sum gradients, and to share values.
struct StateBytes {
    std::int64_t gradients = 0;
    std::int64_t values = 0;
    std::int64_t sum() const { return gradients + values; }
};
StateBytes stateBytes(const RunPlan& plan);

// What memory.recompute layers keeps of a batch: the inputs of so many groups of layers, each of so
// many bytes on the rank that holds the most tokens.
std::int64_t keptLayerInputs(const RunPlan& plan);
std::int64_t layerInputBytes(const RunPlan& plan);

// How often a batch gathers the values of layer `layer`, or of a unit, where they come and go.
std::int64_t gathersOfLayer(const RunPlan& plan, std::int64_t layer);
std::int64_t gathersOfUnit(const RunPlan& plan, int unit);

}  // namespace ringscope
