// What values a field takes: how their text is read and checked, how they are written, and the
// words that say so. A row of the field table is a name, a kind and the member it stands for.
#pragma once

#include "backend/config/field_table.h"
#include "backend/core/choice.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace ringscope {

template <typename Value>
struct ValueKind {
    FieldType type = FieldType::Text;
    std::string expectation;                                     // "an integer"
    std::string constraint;                                      // "at least 1"
    std::vector<std::string> choices;                            // of a Choice
    std::function<std::optional<Value>(std::string_view)> read;  // nothing: not such a value
    std::function<std::string(const Value&)> write;
};

ValueKind<std::int64_t> integer(std::int64_t least, std::int64_t most);
// A number of tokens: an integer, or one with k, M, Ki or Mi behind it. All of these are binary.
ValueKind<std::int64_t> tokenCount(std::int64_t least, std::int64_t most);
ValueKind<double> realAtLeast(double least);
ValueKind<double> realAbove(double bound);
ValueKind<double> realBetween(double least, double most);  // both included
ValueKind<double> fraction();                              // 0 <= x < 1
ValueKind<bool> onOff();
ValueKind<std::string> plainText();
ValueKind<std::string> oneOfWords(std::vector<std::string> choices);
// One of the words, or a path: a text with a / or a dot.
ValueKind<std::string> wordOrPath(std::vector<std::string> words);
ValueKind<Bytes> size(Bytes least, Bytes most);
ValueKind<StepRange> stepRange();
ValueKind<std::vector<std::string>> textList();
ValueKind<std::vector<std::int64_t>> integerList(std::int64_t least, std::int64_t most);
// The same in the order they are written, some of them twice, or none.
ValueKind<std::vector<std::int64_t>> integerSeries(std::int64_t least, std::int64_t most);
ValueKind<std::vector<double>> realList();  // above 0

// A value of an enum that choice.h knows the spellings of.
template <typename Enum>
ValueKind<Enum> oneOf() {
    const ValueKind<std::string> words = oneOfWords(choiceNames<Enum>());
    return {.type = words.type,
            .expectation = words.expectation,
            .constraint = {},
            .choices = words.choices,
            .read = [](std::string_view text) { return findChoice<Enum>(text); },
            .write = [](const Enum& value) { return std::string(nameOf(value)); }};
}

// "expected an integer, at least 1; got 'twelve'". `got`: what was given, in quotes or in words.
Error refusedValue(const std::string& expected, const std::string& got);
// The same, with the choice that the text is nearest to.
Error refusedText(const std::string& expected, const std::vector<std::string>& choices,
                  std::string_view text);

// "an integer, 1 to 8, or null"
std::string expectedWords(const std::string& expectation, const std::string& constraint,
                          bool nullable);

struct FieldText {
    std::string_view path;
    std::string_view unit;
    std::string_view help;
};

// A row. `member` returns a reference to the member of a RunConfig, const or not. Where that is an
// optional, the field is nullable and reads "null" and "~".
template <typename Value, typename Access>
Field fieldAt(const FieldText& text, ValueKind<Value> kind, Access member) {
    using Member = std::remove_cvref_t<decltype(member(std::declval<RunConfig&>()))>;
    constexpr bool nullable = !std::is_same_v<Member, Value>;
    Field field{.path = text.path,
                .type = kind.type,
                .nullable = nullable,
                .unit = text.unit,
                .help = text.help,
                .choices = kind.choices,
                .constraint = kind.constraint,
                .expected = expectedWords(kind.expectation, kind.constraint, nullable),
                .get = {},
                .set = {}};
    field.get = [kind, member](const RunConfig& config) -> std::string {
        const Member& value = member(config);
        if constexpr (nullable)
            return value ? kind.write(*value) : "null";
        else
            return kind.write(value);
    };
    field.set = [kind, expected = field.expected, member](RunConfig& config,
                                                          std::string_view typed) -> Result<void> {
        if constexpr (nullable) {
            if (typed == "null" || typed == "~") {
                member(config) = std::nullopt;
                return {};
            }
        }
        std::optional<Value> value = kind.read(typed);
        if (!value) return refusedText(expected, kind.choices, typed);
        member(config) = *std::move(value);
        return {};
    };
    return field;
}

// A row of a member of one of RunConfig's sections.
template <typename Value, typename Section, typename Member>
Field fieldOf(const FieldText& text, ValueKind<Value> kind, Section RunConfig::*section,
              Member Section::*member) {
    return fieldAt(text, std::move(kind), [section, member](auto& config) -> decltype(auto) {
        return (config.*section.*member);
    });
}

// A row of a part of the model: of its positions, its experts, its latent attention.
template <typename Value, typename Part, typename Member>
Field fieldOf(const FieldText& text, ValueKind<Value> kind, Part ModelConfig::*part,
              Member Part::*member) {
    return fieldAt(text, std::move(kind), [part, member](auto& config) -> decltype(auto) {
        return (config.model.*part.*member);
    });
}

}  // namespace ringscope
