#include "backend/verify/tolerance.h"

#include <array>

namespace ringscope {
namespace {

constexpr std::array tolerances = {
    Tolerance{NumberFormat::Fp32, 1e-6, 1e-4, 0x1p-24},
    Tolerance{NumberFormat::Bf16, 2e-3, 5e-2, 0x1p-9},
    Tolerance{NumberFormat::Fp16, 5e-4, 1e-2, 0x1p-12},
    Tolerance{NumberFormat::Fp64, 1e-12, 1e-10, 0x1p-53},
};
static_assert(inOrder(tolerances) && tolerances.size() == numberFormats.size());

}  // namespace

const Tolerance& toleranceOf(NumberFormat format) {
    return tolerances[static_cast<std::size_t>(format)];
}

}  // namespace ringscope
