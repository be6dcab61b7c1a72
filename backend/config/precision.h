// The number formats of train.precision and of `ringscope verify --dtype`: one row each.
#pragma once

#include "backend/core/choice.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace ringscope {

enum class NumberFormat : std::uint8_t { Fp32, Bf16, Fp16, Fp64 };

struct NumberFormatRow {
    NumberFormat value{};
    std::string_view name;
    int bytes = 0;     // of a weight or an activation
    int sumBytes = 0;  // of a sum: gradients of weights, the optimizer's copy, dK and dV
};

// In the order in which they are shown.
inline constexpr std::array numberFormats = {
    NumberFormatRow{NumberFormat::Fp32, "fp32", 4, 4},
    NumberFormatRow{NumberFormat::Bf16, "bf16", 2, 4},
    NumberFormatRow{NumberFormat::Fp16, "fp16", 2, 4},
    NumberFormatRow{NumberFormat::Fp64, "fp64", 8, 8},
};
constexpr const auto& choicesOf(NumberFormat /*any*/) { return numberFormats; }
static_assert(inOrder(numberFormats));

}  // namespace ringscope
