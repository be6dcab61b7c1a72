// Numbers of tokens as tensors, and what turns the queries and keys of a text's tokens.
#pragma once

#include "backend/config/run_config.h"
#include "kernels/model/elementwise.h"

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <vector>

namespace ringscope {

at::Tensor integersAs(const std::vector<std::int64_t>& values, at::IntArrayRef shape,
                      c10::Device device);

// Of tokens at these positions in a text of `length` tokens. Where nothing is rotated, every token
// has position 0. `options` are the model's.
RotaryTable rotaryTableOf(const RunConfig& config, const std::vector<std::int64_t>& positions,
                          std::int64_t length, const at::TensorOptions& options);

}  // namespace ringscope
