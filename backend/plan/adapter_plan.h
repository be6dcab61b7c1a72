// What adapters add to a run's model (adapter.*): beside linear layers stand products of two thin
// matrices, and these alone are trained.
//
//     out = in W^T + bias + alpha / rank * (in A^T) B^T     W (rows, columns)
//                                                           A (rank, columns)   B (rows, rank)
//
// Of experts, A and B have a matrix of each expert: (experts, rank, columns) and
// (experts, rows, rank). Ranks that share experts share these, too.
//
// A's first values are uniform, B's are 0, so that a training begins with the model as it is. With
// kind qlora, W is kept in 4 bits (backend/model/four_bit.h) and has no place among the parameters.
#pragma once

#include "backend/config/run_config.h"
#include "backend/core/result.h"
#include "backend/model/linear_layers.h"
#include "backend/model/parameter_list.h"
#include "backend/plan/run_plan.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ringscope {

inline bool hasAdapter(const RunConfig& config) { return config.adapter.kind != AdapterKind::None; }

// Sets plan.adapterSites, and plan.fourBitLayers with qlora to all linear layers, adapted or not.
// Fails where a target is none of the model's layers, and where a setting cannot be honoured. Reads
// the config.json of model.from where it is set.
Result<void> planAdapters(RunPlan& plan);

// The factor of the product.
double adapterScale(const AdapterConfig& adapter);

// Those of the adapters, A before B of each site, from `offset` on.
std::vector<ParameterSpec> adapterParameters(const std::vector<AdapterSite>& sites,
                                             std::int64_t rank, std::int64_t offset);

// What ranks hold as parameters: the model's, without those that are kept in 4 bits, and behind
// them the adapters'.
std::vector<ParameterSpec> heldParameters(const RunPlan& plan);

// Scalars that gradients reach: of the adapters, or all of the model.
std::int64_t trainedParameters(const RunPlan& plan);

// Scalars of adapters that a token is multiplied with: of experts, those of the ones it uses.
std::int64_t multipliedAdapters(const RunPlan& plan);

// How many parameters train, beside how many, as a sentence.
std::string adapterNote(const RunPlan& plan);

}  // namespace ringscope
