// The number formats of backend/config/precision.h as types of libtorch. No other file maps one to
// the other.
#pragma once

#include "backend/config/precision.h"

#include <c10/core/ScalarType.h>

#include <optional>

namespace at {
class Tensor;
}

namespace ringscope {

// The type of tensors in this format. Throws std::logic_error for a value that is no format.
at::ScalarType scalarTypeOf(NumberFormat format);
// And back; nothing for a type that is no format.
std::optional<NumberFormat> formatOf(at::ScalarType type);

// The type in which sums over numbers of `type` are kept: what NumberFormatRow::sumBytes says.
// Throws std::logic_error for a type that is no format.
at::ScalarType sumType(at::ScalarType type);
at::ScalarType sumType(const at::Tensor& tensor);

}  // namespace ringscope
