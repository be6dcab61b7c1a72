#include "backend/config/value_kind.h"

#include "backend/config/value_text.h"
#include "backend/core/text.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace ringscope {
namespace {

ValueKind<double> real(std::string constraint, std::function<bool(double)> allowed) {
    return {.type = FieldType::Real,
            .expectation = "a number",
            .constraint = std::move(constraint),
            .choices = {},
            .read = [allowed = std::move(allowed)](std::string_view text) -> std::optional<double> {
                const std::optional<double> value = parseReal(text);
                return value && allowed(*value) ? value : std::nullopt;
            },
            .write = formatReal};
}

}  // namespace

ValueKind<std::int64_t> integer(std::int64_t least, std::int64_t most) {
    const bool bounded = most != std::numeric_limits<std::int64_t>::max();
    return {.type = FieldType::Integer,
            .expectation = "an integer",
            .constraint = bounded ? formatCount(least) + " to " + formatCount(most)
                                  : "at least " + formatCount(least),
            .choices = {},
            .read = [least, most](std::string_view text) -> std::optional<std::int64_t> {
                const std::optional<std::int64_t> value = parseInteger(text);
                return value && *value >= least && *value <= most ? value : std::nullopt;
            },
            .write = [](const std::int64_t& value) { return std::to_string(value); }};
}

ValueKind<std::int64_t> tokenCount(std::int64_t least, std::int64_t most) {
    ValueKind<std::int64_t> kind = integer(least, most);
    kind.expectation = "an integer like 4096 or 128k (k is 1,024)";
    kind.read = [read = kind.read](std::string_view text) -> std::optional<std::int64_t> {
        const std::optional<std::int64_t> counted = parseCount(text);
        return read(counted ? std::to_string(*counted) : text);
    };
    return kind;
}

ValueKind<double> realAtLeast(double least) {
    return real("at least " + formatReal(least), [least](double value) { return value >= least; });
}

ValueKind<double> realAbove(double bound) {
    return real("above " + formatReal(bound), [bound](double value) { return value > bound; });
}

ValueKind<double> realBetween(double least, double most) {
    return real(formatReal(least) + " to " + formatReal(most),
                [=](double value) { return value >= least && value <= most; });
}

ValueKind<double> fraction() {
    return real("at least 0 and below 1", [](double value) { return value >= 0 && value < 1; });
}

ValueKind<bool> onOff() {
    return {.type = FieldType::Switch,
            .expectation = "true or false",
            .constraint = {},
            .choices = {},
            .read = [](std::string_view text) -> std::optional<bool> {
                if (text == "true") return true;
                if (text == "false") return false;
                return std::nullopt;
            },
            .write = [](const bool& value) { return std::string(value ? "true" : "false"); }};
}

ValueKind<std::string> plainText() {
    return {.type = FieldType::Text,
            .expectation = "text",
            .constraint = "not empty, on one line",
            .choices = {},
            .read = [](std::string_view text) -> std::optional<std::string> {
                if (trim(text).empty() || !isPrintable(text)) return std::nullopt;
                return std::string(text);
            },
            .write = [](const std::string& value) { return value; }};
}

ValueKind<std::string> oneOfWords(std::vector<std::string> choices) {
    return {.type = FieldType::Choice,
            .expectation =
                choices.size() == 1 ? "'" + choices.front() + "'" : "one of " + join(choices, ", "),
            .constraint = {},
            .choices = choices,
            .read = [choices](std::string_view text) -> std::optional<std::string> {
                const auto found = std::ranges::find(choices, text);
                return found == choices.end() ? std::nullopt : std::optional(*found);
            },
            .write = [](const std::string& value) { return value; }};
}

ValueKind<std::string> wordOrPath(std::vector<std::string> words) {
    return {.type = FieldType::Text,
            .expectation = join(words, ", ") + " or a path like ./" + words.front() + ".json",
            .constraint = {},
            .choices = {},
            .read = [words](std::string_view text) -> std::optional<std::string> {
                const bool path = text.find_first_of("/.") != std::string_view::npos;
                if (!isPrintable(text)) return std::nullopt;
                if (!path && std::ranges::find(words, text) == words.end()) return std::nullopt;
                return std::string(text);
            },
            .write = [](const std::string& value) { return value; }};
}

ValueKind<Bytes> size(Bytes least, Bytes most) {
    return {.type = FieldType::Size,
            .expectation = "a size like 512MiB",
            .constraint = formatSize(least) + " to " + formatSize(most),
            .choices = {},
            .read = [least, most](std::string_view text) -> std::optional<Bytes> {
                const Result<Bytes> value = parseBytes(text);
                return value.ok() && *value >= least && *value <= most ? std::optional(*value)
                                                                       : std::nullopt;
            },
            .write = formatSize};
}

ValueKind<StepRange> stepRange() {
    return {.type = FieldType::StepRange,
            .expectation = "two steps like [3, 6], the second one not included",
            .constraint = "0 <= first < second",
            .choices = {},
            .read = [](std::string_view text) -> std::optional<StepRange> {
                const std::optional<StepRange> range = parseStepRange(text);
                const bool legal = range && range->begin >= 0 && range->begin < range->end;
                return legal ? range : std::nullopt;
            },
            .write = formatStepRange};
}

ValueKind<std::vector<std::string>> textList() {
    return {.type = FieldType::TextList,
            .expectation = "a list like [a, b]",
            .constraint = "items without spaces, commas or brackets",
            .choices = {},
            .read = parseTextList,
            .write = formatTextList};
}

// In any order; kept in ascending order, so that the same numbers are the same value.
ValueKind<std::vector<std::int64_t>> integerList(std::int64_t least, std::int64_t most) {
    using List = std::vector<std::int64_t>;
    return {.type = FieldType::IntegerList,
            .expectation = "a list of integers like [0, 3]",
            .constraint =
                "each " + formatCount(least) + " to " + formatCount(most) + ", none of them twice",
            .choices = {},
            .read = [least, most](std::string_view text) -> std::optional<List> {
                std::optional<List> numbers = parseIntegerList(text);
                if (!numbers || numbers->empty()) return std::nullopt;
                std::ranges::sort(*numbers);
                const bool twice = std::ranges::adjacent_find(*numbers) != numbers->end();
                if (twice || numbers->front() < least || numbers->back() > most)
                    return std::nullopt;
                return numbers;
            },
            .write = formatIntegerList};
}

ValueKind<std::vector<std::int64_t>> integerSeries(std::int64_t least, std::int64_t most) {
    using List = std::vector<std::int64_t>;
    return {.type = FieldType::IntegerList,
            .expectation = "a list of integers like [1, 2]",
            .constraint = "each " + formatCount(least) + " to " + formatCount(most),
            .choices = {},
            .read = [least, most](std::string_view text) -> std::optional<List> {
                std::optional<List> numbers = parseIntegerList(text);
                if (!numbers || std::ranges::any_of(*numbers, [&](std::int64_t number) {
                        return number < least || number > most;
                    }))
                    return std::nullopt;
                return numbers;
            },
            .write = formatIntegerList};
}

ValueKind<std::vector<double>> realList() {
    using List = std::vector<double>;
    return {.type = FieldType::RealList,
            .expectation = "a list of numbers like [1.0, 1.5]",
            .constraint = "each above 0",
            .choices = {},
            .read = [](std::string_view text) -> std::optional<List> {
                std::optional<List> numbers = parseRealList(text);
                const bool legal = numbers && std::ranges::all_of(*numbers, [](double number) {
                                       return number > 0;
                                   });
                return legal ? numbers : std::nullopt;
            },
            .write = formatRealList};
}

Error refusedValue(const std::string& expected, const std::string& got) {
    return {ErrorCode::InvalidConfig, "expected " + expected + "; got " + got};
}

Error refusedText(const std::string& expected, const std::vector<std::string>& choices,
                  std::string_view text) {
    Error refusal = refusedValue(expected, shown(text));
    const std::optional<std::string> near = nearestWord(text, choices);
    if (near && choices.size() > 1) refusal.message += "; did you mean '" + *near + "'?";
    return refusal;
}

std::string expectedWords(const std::string& expectation, const std::string& constraint,
                          bool nullable) {
    return expectation + (constraint.empty() ? "" : ", " + constraint) +
           (nullable ? ", or null" : "");
}

}  // namespace ringscope
