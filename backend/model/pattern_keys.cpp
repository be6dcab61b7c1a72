#include "backend/model/pattern_keys.h"

#include "backend/core/plain_text.h"
#include "backend/core/text.h"
#include "backend/model/json_value.h"
#include "backend/model/pattern_numbers.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>
#include <utility>

namespace ringscope {
namespace {

template <typename Enum>
Enum choiceAt(ConfigKeys& keys, std::string_view key, Enum fallback) {
    const std::string word = keys.word(key, nameOf(fallback));
    if (const std::optional<Enum> found = findChoice<Enum>(word)) return *found;
    keys.refuse(key,
                fmt::format("is {}; known are {}", shown(word), join(choiceNames<Enum>(), ", ")));
    return fallback;
}

}  // namespace

PatternConfig plainPattern(const PatternConfig& pattern) {
    PatternConfig plain{.kind = pattern.kind};
    if (pattern.kind == PatternKind::Dilated) {
        plain.segments = pattern.segments;
        plain.rates = pattern.rates;
        plain.offsets = pattern.offsets;
        plain.stopGradient = pattern.stopGradient;
    }
    if (pattern.kind == PatternKind::BlockSparse) {
        plain.block = pattern.block;
        for (const PatternNumber& number : patternNumbers)
            plain.*number.member = pattern.*number.member;
        plain.file = pattern.file;
    }
    return plain;
}

PatternConfig readPattern(ConfigKeys& keys) {
    PatternConfig pattern;
    std::optional<ConfigKeys> object = keys.nested(patternKey);
    if (!object) return pattern;
    pattern.kind = choiceAt(*object, "kind", pattern.kind);
    if (pattern.kind == PatternKind::Dilated) {
        pattern.segments = object->wholes("segments");
        pattern.rates = object->wholes("rates");
        pattern.offsets = choiceAt(*object, "offsets", pattern.offsets);
        pattern.stopGradient = object->flag("stop_gradient", pattern.stopGradient);
        for (const auto& [key, numbers] :
             {std::pair("segments", pattern.segments), std::pair("rates", pattern.rates)})
            for (const std::int64_t number : numbers)
                if (number < 1 || number > mostPatternTokens)
                    object->refuse(
                        key, fmt::format("has {}; numbers are 1 to {}", number, mostPatternTokens));
    }
    if (pattern.kind == PatternKind::BlockSparse) {
        pattern.block = object->size("block", pattern.block, {1, mostPatternTokens});
        for (const PatternNumber& number : patternNumbers)
            pattern.*number.member = object->size(number.name, 0, {0, number.most});
        const std::string file = object->word("file", "");
        if (!file.empty()) pattern.file = file;
    }
    object->finish(nameOf(pattern.kind), {});
    return pattern;
}

std::string patternObject(const PatternConfig& pattern) {
    std::string members = fmt::format("\"kind\": \"{}\"", nameOf(pattern.kind));
    if (pattern.kind == PatternKind::Dilated)
        members += fmt::format(
            ", \"segments\": [{}], \"rates\": [{}], \"offsets\": \"{}\", \"stop_gradient\": {}",
            fmt::join(pattern.segments, ", "), fmt::join(pattern.rates, ", "),
            nameOf(pattern.offsets), pattern.stopGradient);
    if (pattern.kind == PatternKind::BlockSparse) {
        members += fmt::format(", \"block\": {}", pattern.block);
        for (const PatternNumber& number : patternNumbers)
            if (pattern.*number.member > 0)
                members += fmt::format(", \"{}\": {}", number.name, pattern.*number.member);
        if (pattern.file) members += ", \"file\": " + jsonText(*pattern.file);
    }
    return "{" + members + "}";
}

Result<std::string> withPattern(std::string configText, const PatternConfig& pattern) {
    const bool none = pattern.kind == PatternKind::None;
    JsonCursor json(configText, JsonPlaces::Lines);
    std::size_t begin = 0;
    std::size_t end = 0;  // 0: there is no such key
    RINGSCOPE_CHECK(json.object([&](const std::string& key) -> Result<void> {
        const std::size_t at = json.at();
        RINGSCOPE_CHECK(json.skip());
        if (key != patternKey) return {};
        begin = at;
        end = json.behind();
        return {};
    }));
    if (end > 0)
        configText.replace(begin, end - begin, none ? "null" : patternObject(pattern));
    else if (!none)
        configText.insert(configText.find('{') + 1,
                          fmt::format("\n  \"{}\": {},", patternKey, patternObject(pattern)));
    return configText;
}

}  // namespace ringscope
