// The first values of an adapter's matrices, and of a model that an adapter is merged into.
#pragma once

#include "backend/model/adapter_folder.h"
#include "backend/model/linear_layers.h"
#include "kernels/model/parameters.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace ringscope {

// Where `list` has the matrices of adapters (name.a, name.b): A uniform in ±1 / sqrt(columns), by
// seed, name and place alone; B 0. The same bits on every machine.
InitialValues seededAdapters(std::vector<ParameterSpec> list, std::int64_t seed);

// The layer's A, and its B with rows in the order of the parameter's; in fp64.
struct AdapterMatrices {
    at::Tensor a;
    at::Tensor b;
};
AdapterMatrices storedMatrices(const AdapterFolder& adapter, const LinearLayer& layer);

// Rows of a parameter's part in the order of the checkpoint's tensor, and the other way round.
at::Tensor inTensorOrder(const at::Tensor& rows, const LinearLayer& layer);
at::Tensor inParameterOrder(const at::Tensor& rows, const LinearLayer& layer);

// The model's values, of parameters in `list`, with the adapter added to those of `layers`, which
// it stands beside.
InitialValues mergedValues(InitialValues model, const std::vector<ParameterSpec>& list,
                           const std::vector<LinearLayer>& layers, const AdapterFolder& adapter);

}  // namespace ringscope
