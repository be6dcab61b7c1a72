// The numbers of a stored tensor of weights (BF16, F16, F32, F64) as floats, and the way back.
#pragma once

#include "backend/model/safetensors.h"
#include "backend/model/tensor_folder.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ringscope {

// Numbers [first, first + count) of the tensor, which must be one of weights.
std::vector<double> storedNumbers(const StoredTensor& tensor, std::int64_t first,
                                  std::int64_t count);

// Their bytes as `type`, rounded to the nearest, ties to even.
std::vector<std::byte> bytesOfNumbers(std::span<const double> numbers, TensorType type);

}  // namespace ringscope
