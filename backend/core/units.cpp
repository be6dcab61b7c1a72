#include "backend/core/units.h"

#include "backend/core/rounded.h"
#include "backend/core/text.h"

#include <array>
#include <cmath>
#include <limits>

namespace ringscope {
namespace {

// Three significant digits: "1.94", "19.4", "194".
std::string threeDigits(double value, const char* unit) {
    const double size = std::abs(value);
    const int decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
    return formatDigits(value, std::chars_format::fixed, decimals) + unit;
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
    if (error != std::errc{} || !std::isfinite(number) || number < 0) return refusal;

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

std::optional<std::int64_t> parseCount(std::string_view text) {
    text = trim(text);
    const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
    double number = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + digits, number);
    if (error != std::errc{} || rest != text.data() + digits) return std::nullopt;
    std::string_view unit = text.substr(digits);
    if (unit.size() == 2 && unit.back() == 'i') unit.remove_suffix(1);
    if (unit.size() != 1) return std::nullopt;
    const std::size_t power = std::string_view("kMG").find(unit == "K" ? 'k' : unit.front());
    if (power == std::string_view::npos) return std::nullopt;
    const double count = std::ldexp(number, 10 * static_cast<int>(power + 1));
    constexpr double exact = 9007199254740992;
    if (count > exact || count != std::floor(count)) return std::nullopt;
    return static_cast<std::int64_t>(count);
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
    if (size >= 1e15) return formatDigits(value, std::chars_format::general, 3);
    if (size >= 999.5) return formatCount(std::llround(value));
    if (size >= 1 || size == 0) return threeDigits(value, "");
    return formatDigits(value, std::chars_format::general, 3);
}

std::string formatFlops(double flops) {
    constexpr std::array<const char*, 7> units = {" FLOP",  " kFLOP", " MFLOP", " GFLOP",
                                                  " TFLOP", " PFLOP", " EFLOP"};
    std::size_t unit = 0;
    while (std::abs(flops) >= 999.5 && unit + 1 < units.size()) {
        flops /= 1000;
        ++unit;
    }
    return formatSignificant(flops) + units[unit];
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

std::int64_t utcMicroseconds() {
    const auto sinceEpoch = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(sinceEpoch).count();
}

}  // namespace ringscope
