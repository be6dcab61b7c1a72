// A checkpoint's weights as the values of parameters, and parameters as tensors under the names
// that its family gives them.
#pragma once

#include "backend/core/result.h"
#include "backend/model/checkpoint.h"
#include "backend/model/safetensors.h"
#include "kernels/model/parameters.h"

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

namespace ringscope {

// Reads what is asked for straight from the mapped files, each scalar once.
InitialValues checkpointValues(std::shared_ptr<const Checkpoint> checkpoint);

// One of a checkpoint's tensors, flat, made of `flat`, which has a scalar for each of the model's
// parameters.
at::Tensor namedTensor(const WeightPlaces& places, std::string_view name, const at::Tensor& flat);

// All that gradients reach. `flat`: a scalar for each of the model's parameters, on the CPU. The
// places must outlive the tensors. Written as fp32, of doubles as fp64.
std::vector<OutgoingTensor> namedGradients(const WeightPlaces& places, const at::Tensor& flat);

// All tensors of a checkpoint, stored as `type`. Else as namedGradients().
std::vector<OutgoingTensor> namedWeights(const WeightPlaces& places, const at::Tensor& flat,
                                         TensorType type);

}  // namespace ringscope
