#include "backend/verify/number_type.h"

#include <algorithm>
#include <array>

namespace ringscope {
namespace {

constexpr std::array types = {
    NumberType{"fp32", 4, 4, 1e-6, 1e-4, 0x1p-24},
    NumberType{"bf16", 2, 4, 2e-3, 5e-2, 0x1p-9},
    NumberType{"fp16", 2, 4, 5e-4, 1e-2, 0x1p-12},
    NumberType{"fp64", 8, 8, 1e-12, 1e-10, 0x1p-53},
};

}  // namespace

std::span<const NumberType> numberTypes() { return types; }

const NumberType* findNumberType(std::string_view name) {
    const auto found = std::ranges::find(types, name, &NumberType::name);
    return found == types.end() ? nullptr : &*found;
}

std::vector<std::string> numberTypeNames() {
    std::vector<std::string> names;
    for (const NumberType& type : types) names.emplace_back(type.name);
    return names;
}

}  // namespace ringscope
