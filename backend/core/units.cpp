#include "backend/core/units.h"

#include "backend/core/text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>

namespace ringscope {
namespace {

std::string printed(const char* format, double value, const char* unit = "") {
    std::array<char, 64> buffer{};
    std::snprintf(buffer.data(), buffer.size(), format, value);
    return std::string(buffer.data()) + unit;
}

// Three significant digits: "1.94", "19.4", "194".
std::string threeDigits(double value, const char* unit) {
    const double size = std::abs(value);
    const char* format = size >= 99.95 ? "%.0f" : size >= 9.995 ? "%.1f" : "%.2f";
    return printed(format, value, unit);
}

}  // namespace

std::string formatBytes(Bytes bytes) {
    constexpr std::array<const char*, 6> units = {" KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
    double value = static_cast<double>(bytes.count);
    if (std::abs(value) < 1024) return std::to_string(bytes.count) + " B";
    std::size_t unit = 0;
    value /= 1024;
    // 1023.6 KiB would print as "1024 KiB".
    while (std::abs(value) >= 1023.5 && unit + 1 < units.size()) {
        value /= 1024;
        ++unit;
    }
    return threeDigits(value, units[unit]);
}

Result<Bytes> parseBytes(std::string_view text) {
    const std::string_view whole = trim(text);
    const Error refusal{ErrorCode::InvalidConfig,
                        "expected a size like 512MiB or 1GiB; got '" + std::string(text) + "'"};
    double number = 0;
    const auto [rest, error] = std::from_chars(whole.data(), whole.data() + whole.size(), number);
    if (error != std::errc{} || number < 0) return refusal;

    std::string unit = toLower(trim(whole.substr(static_cast<std::size_t>(rest - whole.data()))));
    if (unit.ends_with("ib"))
        unit.resize(unit.size() - 2);
    else if (unit.ends_with("b"))
        unit.resize(unit.size() - 1);
    int shift = 0;
    if (!unit.empty()) {
        const std::size_t power = std::string_view("kmgtp").find(unit);
        if (unit.size() != 1 || power == std::string_view::npos) return refusal;
        shift = 10 * static_cast<int>(power + 1);
    }
    const double count = std::ldexp(number, shift);
    if (count >= 9.2e18) return refusal;
    return Bytes{static_cast<std::int64_t>(std::llround(count))};
}

std::string formatCount(std::int64_t count) {
    std::string digits = std::to_string(count);
    const std::size_t first = digits.front() == '-' ? 1 : 0;
    for (std::size_t at = digits.size(); at > first + 3;) {
        at -= 3;
        digits.insert(at, 1, ',');
    }
    return digits;
}

std::string formatSignificant(double value) {
    if (!std::isfinite(value)) return std::isnan(value) ? "not a number" : "infinite";
    const double size = std::abs(value);
    if (size >= 999.5) return formatCount(std::llround(value));
    if (size >= 1 || size == 0) return threeDigits(value, "");
    return printed("%.3g", value);
}

std::string formatDuration(Nanos duration) {
    const double ns = static_cast<double>(duration.count());
    if (std::abs(ns) < 999.5) return std::to_string(duration.count()) + " ns";
    if (std::abs(ns) < 999.5e3) return threeDigits(ns / 1e3, " µs");
    if (std::abs(ns) < 999.5e6) return threeDigits(ns / 1e6, " ms");
    if (std::abs(ns) < 59.95e9) return threeDigits(ns / 1e9, " s");
    const std::int64_t seconds = std::llround(ns / 1e9);
    if (seconds < 3600)
        return std::to_string(seconds / 60) + " min " + std::to_string(seconds % 60) + " s";
    return std::to_string(seconds / 3600) + " h " + std::to_string(seconds / 60 % 60) + " min";
}

double milliseconds(Nanos duration) { return static_cast<double>(duration.count()) / 1e6; }

}  // namespace ringscope
