#include "kernels/device/number_format.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

namespace ringscope {
namespace {

struct FormatTypes {
    NumberFormat format;
    at::ScalarType type;
    at::ScalarType sums;
};

// A row for each of `numberFormats`, of as many bytes as they say.
constexpr std::array formatTypes = {
    FormatTypes{NumberFormat::Fp32, at::kFloat, at::kFloat},
    FormatTypes{NumberFormat::Bf16, at::kBFloat16, at::kFloat},
    FormatTypes{NumberFormat::Fp16, at::kHalf, at::kFloat},
    FormatTypes{NumberFormat::Fp64, at::kDouble, at::kDouble},
};
static_assert(formatTypes.size() == numberFormats.size());

}  // namespace

at::ScalarType scalarTypeOf(NumberFormat format) {
    const auto found = std::ranges::find(formatTypes, format, &FormatTypes::format);
    if (found == formatTypes.end()) throw std::logic_error("there is no such number format");
    return found->type;
}

std::optional<NumberFormat> formatOf(at::ScalarType type) {
    const auto found = std::ranges::find(formatTypes, type, &FormatTypes::type);
    if (found == formatTypes.end()) return std::nullopt;
    return found->format;
}

at::ScalarType sumType(at::ScalarType type) {
    const auto found = std::ranges::find(formatTypes, type, &FormatTypes::type);
    if (found == formatTypes.end())
        throw std::logic_error(std::string("no sums are kept of tensors of ") +
                               c10::toString(type));
    return found->sums;
}

at::ScalarType sumType(const at::Tensor& tensor) { return sumType(tensor.scalar_type()); }

}  // namespace ringscope
