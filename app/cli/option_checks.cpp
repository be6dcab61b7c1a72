#include "app/cli/option_checks.h"

#include "backend/config/settings.h"
#include "backend/config/value_kind.h"
#include "backend/config/value_text.h"
#include "backend/core/units.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace ringscope::cli {

CLI::Validator wholeNumber(std::int64_t least, std::int64_t most) {
    const bool bounded = most != std::numeric_limits<std::int64_t>::max();
    const std::string expected =
        "a whole number from " + formatCount(least) + (bounded ? " to " + formatCount(most) : "");
    return CLI::Validator(
        [=](std::string& text) -> std::string {
            const std::optional<std::int64_t> number = parseInteger(text);
            if (!number || *number < least || *number > most)
                return refusedValue(expected, shown(text)).message;
            text = std::to_string(*number);
            return {};
        },
        "");
}

CLI::Validator realNumber() {
    return CLI::Validator(
        [](std::string& text) -> std::string {
            return parseReal(text) ? "" : refusedValue("a number", shown(text)).message;
        },
        "");
}

CLI::Validator notEmpty() {
    return CLI::Validator(
        [](std::string& text) -> std::string {
            return text.empty() ? "expected a name; got an empty one" : "";
        },
        "");
}

CLI::Validator oneOfWords(std::vector<std::string> words) {
    return CLI::Validator(
        [kind = ringscope::oneOfWords(words), words](std::string& text) -> std::string {
            if (std::ranges::find(words, text) != words.end()) return {};
            return refusedText(kind.expectation, words, text).message;
        },
        "");
}

CLI::Validator valueOfField(std::string_view path) {
    return CLI::Validator(
        [path = std::string(path)](std::string& text) -> std::string {
            const SettingLayer layer = readOverrides({path + "=" + text});
            return layer.problems.empty() ? "" : layer.problems.front().message;
        },
        "");
}

}  // namespace ringscope::cli
