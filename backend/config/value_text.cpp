#include "backend/config/value_text.h"

#include "backend/core/text.h"

#include <algorithm>
#include <array>

namespace ringscope {
namespace {

// The text between the brackets, or all of it where there are none.
std::optional<std::string_view> insideBrackets(std::string_view text) {
    text = trim(text);
    const bool opened = text.starts_with('[');
    if (opened != text.ends_with(']') || text == "[") return std::nullopt;
    return trim(opened ? text.substr(1, text.size() - 2) : text);
}

}  // namespace

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

std::optional<std::vector<double>> parseRealList(std::string_view text) {
    const std::optional<std::vector<std::string>> items = parseTextList(text);
    if (!items) return std::nullopt;
    std::vector<double> numbers;
    for (const std::string& item : *items) {
        const std::optional<double> number = parseReal(item);
        if (!number) return std::nullopt;
        numbers.push_back(*number);
    }
    return numbers;
}

std::string formatRealList(const std::vector<double>& numbers) {
    std::vector<std::string> items;
    for (const double number : numbers) items.push_back(formatReal(number));
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

}  // namespace ringscope
