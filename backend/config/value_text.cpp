#include "backend/config/value_text.h"

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

// The text between the brackets, or all of it where there are none.
std::optional<std::string_view> insideBrackets(std::string_view text) {
    text = trim(text);
    const bool opened = text.starts_with('[');
    if (opened != text.ends_with(']') || text == "[") return std::nullopt;
    return trim(opened ? text.substr(1, text.size() - 2) : text);
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
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    return {buffer.data(), end};
}

std::optional<StepRange> parseStepRange(std::string_view text) {
    const std::optional<std::string_view> inside = insideBrackets(text);
    if (!inside) return std::nullopt;
    const std::vector<std::string> bounds = split(*inside, ',');
    if (bounds.size() != 2) return std::nullopt;
    const std::optional<std::int64_t> begin = parseInteger(bounds[0]);
    const std::optional<std::int64_t> end = parseInteger(bounds[1]);
    if (!begin || !end) return std::nullopt;
    return StepRange{*begin, *end};
}

std::string formatStepRange(const StepRange& range) {
    return "[" + std::to_string(range.begin) + ", " + std::to_string(range.end) + "]";
}

std::optional<std::vector<std::string>> parseTextList(std::string_view text) {
    const std::optional<std::string_view> inside = insideBrackets(text);
    if (!inside) return std::nullopt;
    std::vector<std::string> items;
    if (inside->empty()) return items;
    for (const std::string& part : split(*inside, ',')) {
        const std::string_view item = trim(part);
        if (item.empty() || item.find_first_of(" []") != std::string_view::npos ||
            !isPrintable(item))
            return std::nullopt;
        items.emplace_back(item);
    }
    return items;
}

std::string formatTextList(const std::vector<std::string>& items) {
    return "[" + join(items, ", ") + "]";
}

std::optional<std::vector<std::int64_t>> parseIntegerList(std::string_view text) {
    const std::optional<std::string_view> inside = insideBrackets(text);
    if (!inside) return std::nullopt;
    std::vector<std::int64_t> numbers;
    if (inside->empty()) return numbers;
    for (const std::string& part : split(*inside, ',')) {
        const std::optional<std::int64_t> number = parseInteger(part);
        if (!number) return std::nullopt;
        numbers.push_back(*number);
    }
    return numbers;
}

std::string formatIntegerList(const std::vector<std::int64_t>& numbers) {
    std::vector<std::string> items;
    for (const std::int64_t number : numbers) items.push_back(std::to_string(number));
    return formatTextList(items);
}

std::string formatSize(Bytes bytes) {
    constexpr std::array<const char*, 5> units = {"", "KiB", "MiB", "GiB", "TiB"};
    std::int64_t count = bytes.count;
    std::size_t unit = 0;
    while (count != 0 && count % 1024 == 0 && unit + 1 < units.size()) {
        count /= 1024;
        ++unit;
    }
    return std::to_string(count) + units[unit];
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
