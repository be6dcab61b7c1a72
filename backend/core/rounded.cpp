#include "backend/core/rounded.h"

#include "backend/core/units.h"

#include <array>
#include <cmath>

namespace ringscope {
std::string formatDigits(double value, std::chars_format format, int precision) {
    std::array<char, 352> buffer{};  // 1.8e308 has 309 digits before the point
    const auto written =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format, precision);
    return {buffer.data(), written.ptr};
}

std::string formatRounded(double value, int digits) {
    const double size = std::abs(value);
    if (!std::isfinite(value)) return formatSignificant(value);
    if (size >= 1e15 || (size > 0 && size < 1e-6))
        return formatDigits(value, std::chars_format::general, digits);
    // 9.96 with two digits is 10, which has one digit more before the point.
    const int lead = size == 0 ? 0 : static_cast<int>(std::floor(std::log10(size)));
    const double step = std::pow(10.0, lead + 1 - digits);
    const bool carries = size + step / 2 >= std::pow(10.0, lead + 1);
    const int decimals = digits - 1 - lead - (carries ? 1 : 0);
    if (decimals <= 0) return formatCount(std::llround(value));
    std::string text = formatDigits(value, std::chars_format::fixed, decimals);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

}  // namespace ringscope
