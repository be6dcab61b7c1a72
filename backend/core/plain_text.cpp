#include "backend/core/plain_text.h"

#include "backend/core/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace ringscope {
namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isContinuation(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

// "1_000" -> "1000"; nothing where an underscore does not stand between two digits.
std::optional<std::string> withoutUnderscores(std::string_view text) {
    std::string digits;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '_') {
            digits += text[at];
            continue;
        }
        const bool between =
            at > 0 && isDigit(text[at - 1]) && at + 1 < text.size() && isDigit(text[at + 1]);
        if (!between) return std::nullopt;
    }
    return digits;
}

template <typename Number>
std::optional<Number> wholeNumber(std::string_view text) {
    Number number{};
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || rest != end) return std::nullopt;
    return number;
}

// "1e-05" -> "1e-5", "1e+20" -> "1e20"; a text without an exponent stays.
std::string withShortExponent(std::string text) {
    const std::size_t at = text.find('e');
    if (at == std::string::npos) return text;
    const std::size_t sign = at + 1;
    const std::size_t digits = text.find_first_not_of("+-0", sign);
    const bool negative = text[sign] == '-';
    return text.substr(0, sign) + (negative ? "-" : "") + text.substr(digits);
}

// Bytes of the UTF-8 sequence at the front, 0 where it is broken or a control character.
std::size_t characterSize(std::string_view text) {
    const auto first = static_cast<unsigned char>(text.front());
    if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
    const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
    if (!std::ranges::all_of(text.substr(1, size - 1), isContinuation)) return 0;
    const auto second = static_cast<unsigned char>(text[1]);
    const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
    const bool surrogate = first == 0xed && second >= 0xa0;
    const bool pastTheEnd = first == 0xf4 && second >= 0x90;
    const bool control = first == 0xc2 && second < 0xa0;
    return overlong || surrogate || pastTheEnd || control ? 0 : size;
}

}  // namespace

std::optional<std::int64_t> parseInteger(std::string_view text) {
    const std::optional<std::string> digits = withoutUnderscores(trim(text));
    return digits ? wholeNumber<std::int64_t>(*digits) : std::nullopt;
}

std::optional<double> parseReal(std::string_view text) {
    const std::optional<double> number = wholeNumber<double>(trim(text));
    return number && std::isfinite(*number) ? number : std::nullopt;
}

std::string formatReal(double value) {
    constexpr double smallest = 1e-4;
    constexpr double largest = 1e15;
    const double size = std::abs(value);
    const bool plain = value == 0 || (size >= smallest && size < largest);
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                   plain ? std::chars_format::fixed : std::chars_format::scientific)
                         .ptr;
    return plain ? std::string(buffer.data(), end) : withShortExponent({buffer.data(), end});
}

std::size_t firstUnprintable(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t size = characterSize(text.substr(at));
        if (size == 0) return at;
        at += size;
    }
    return at;
}

std::string shown(std::string_view text) {
    constexpr std::size_t limit = 60;
    std::string quoted = "'";
    std::size_t at = 0;
    while (at < text.size() && at < limit) {
        const std::size_t size = characterSize(text.substr(at));
        quoted += size == 0 ? std::string_view("?") : text.substr(at, size);
        at += std::max<std::size_t>(size, 1);
    }
    return quoted + (at < text.size() ? "…'" : "'");
}

}  // namespace ringscope
