// What a run's adapters add to a rank's model (backend/plan/adapter_plan.h).
#pragma once

#include "backend/core/result.h"
#include "backend/plan/adapter_plan.h"
#include "backend/plan/run_plan.h"
#include "kernels/model/four_bit_matrix.h"
#include "kernels/model/parameters.h"
#include "kernels/model/transformer.h"

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>

namespace ringscope {

// Of heldParameters(plan), made of those of the model's. Adapters begin as model.from has them
// where that is an adapter's folder, else by the run's seed. Fails where the folder's adapter is
// another than adapter.* describes.
Result<InitialValues> heldValues(const RunPlan& plan, const InitialValues& model);

// The weights that rank `rank` keeps in 4 bits, by their names; of experts, those that it holds.
// `options` are those of the parameters: they are rounded to that type first, and computed with in
// it.
std::map<std::string, std::shared_ptr<const FourBitMatrix>> packedWeights(
    const RunPlan& plan, int rank, const InitialValues& model, const at::TensorOptions& options);

// The parameters must outlive them.
std::map<std::string, std::vector<LowRank>> lowRanks(const RunPlan& plan,
                                                     const Parameters& parameters);

}  // namespace ringscope
