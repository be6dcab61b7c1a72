// $((…)) of a shell script: whole numbers, + - * / % and parentheses.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ringscope {

// Nothing where the text is anything else, divides by 0, or leaves 63 bits.
std::optional<std::int64_t> shellArithmetic(std::string_view text);

}  // namespace ringscope
