#include "backend/model/config_keys.h"

#include "backend/core/plain_text.h"
#include "backend/core/text.h"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>

namespace ringscope {
namespace {

std::optional<std::int64_t> wholeOf(const JsonValue& value) {
    std::int64_t whole = 0;
    const char* end = value.text.data() + value.text.size();
    const auto [rest, failed] = std::from_chars(value.text.data(), end, whole);
    if (value.kind != JsonKind::Number || failed != std::errc() || rest != end) return {};
    return whole;
}

std::optional<double> realOf(const JsonValue& value) {
    return value.kind == JsonKind::Number ? parseReal(value.text) : std::nullopt;
}

std::string shownValue(const JsonValue& value) {
    switch (value.kind) {
        case JsonKind::Null:
            return "null";
        case JsonKind::Bool:
            return value.truth ? "true" : "false";
        case JsonKind::Number:
        case JsonKind::Text:
            return shown(value.text);
        case JsonKind::List:
            return fmt::format("a list of {}", value.items.size());
        default:
            return "an object";
    }
}

bool saysNothing(const JsonValue& value) {
    return value.kind == JsonKind::Null ||
           ((value.kind == JsonKind::List || value.kind == JsonKind::Object) &&
            value.items.empty());
}

}  // namespace

ConfigKeys::ConfigKeys(const JsonValue& object, std::string prefix, ConfigSource& source)
    : object_(&object), prefix_(std::move(prefix)), source_(&source) {}

const JsonValue* ConfigKeys::take(std::string_view key) {
    read_.emplace(key);
    const JsonValue* value = object_->find(key);
    return value == nullptr || value->kind == JsonKind::Null ? nullptr : value;
}

bool ConfigKeys::has(std::string_view key) const {
    const JsonValue* value = object_->find(key);
    return value != nullptr && value->kind != JsonKind::Null;
}

void ConfigKeys::refuseAt(std::size_t at, std::string_view sentence) {
    if (source_->problem) return;
    source_->problem =
        Error{ErrorCode::InvalidConfig,
              fmt::format("'{}': {}: {}{}", source_->file,
                          jsonPlace(source_->text, at, JsonPlaces::Lines), prefix_, sentence)};
}

void ConfigKeys::refuse(std::string_view key, std::string_view sentence) {
    const JsonValue* value = object_->find(key);
    refuseAt(value != nullptr ? value->at : object_->at,
             fmt::format("{} {}", isPrintable(key) ? key : shown(key), sentence));
}

void ConfigKeys::wrong(std::string_view key, const JsonValue& value, std::string_view wanted) {
    refuse(key, fmt::format("must be {}; got {}", wanted, shownValue(value)));
}

std::optional<std::int64_t> ConfigKeys::sizeIfAny(std::string_view key, WholeRange range) {
    const JsonValue* value = take(key);
    if (value == nullptr) return {};
    const std::optional<std::int64_t> whole = wholeOf(*value);
    if (whole && *whole >= range.least && *whole <= range.most) return whole;
    wrong(key, *value, fmt::format("a whole number of {} to {}", range.least, range.most));
    return {};
}

std::int64_t ConfigKeys::size(std::string_view key, std::optional<std::int64_t> fallback,
                              WholeRange range) {
    if (!fallback && !has(key)) refuse(key, "is missing; the model cannot be told without it");
    return sizeIfAny(key, range).value_or(fallback.value_or(range.least));
}

std::optional<double> ConfigKeys::numberIfAny(std::string_view key) {
    const JsonValue* value = take(key);
    if (value == nullptr) return {};
    const std::optional<double> real = realOf(*value);
    if (real && *real > 0) return real;
    wrong(key, *value, "a number above 0");
    return {};
}

double ConfigKeys::numberOrZero(std::string_view key) {
    const JsonValue* value = object_->find(key);
    if (value == nullptr || realOf(*value) != 0.0) return numberIfAny(key).value_or(0);
    read_.emplace(key);
    return 0;
}

double ConfigKeys::number(std::string_view key, std::optional<double> fallback) {
    if (!fallback && !has(key)) refuse(key, "is missing; the model cannot be told without it");
    return numberIfAny(key).value_or(fallback.value_or(1));
}

bool ConfigKeys::flag(std::string_view key, bool fallback) {
    const JsonValue* value = take(key);
    if (value == nullptr) return fallback;
    if (value->kind != JsonKind::Bool) wrong(key, *value, "true or false");
    return value->truth;
}

std::string ConfigKeys::word(std::string_view key, std::string_view fallback) {
    const JsonValue* value = take(key);
    if (value == nullptr) return std::string(fallback);
    if (value->kind == JsonKind::Text) return value->text;
    wrong(key, *value, "a text");
    return std::string(fallback);
}

const JsonValue* ConfigKeys::list(std::string_view key) {
    const JsonValue* value = take(key);
    if (value == nullptr || value->kind == JsonKind::List) return value;
    wrong(key, *value, "a list");
    return nullptr;
}

std::vector<double> ConfigKeys::numbers(std::string_view key) {
    std::vector<double> all;
    const JsonValue* value = list(key);
    if (value == nullptr) return all;
    for (const JsonValue& item : value->items) {
        const std::optional<double> real = realOf(item);
        if (!real || *real <= 0) wrong(key, item, "a list of numbers above 0");
        all.push_back(real.value_or(1));
    }
    return all;
}

std::vector<std::int64_t> ConfigKeys::wholes(std::string_view key) {
    std::vector<std::int64_t> all;
    const JsonValue* value = list(key);
    if (value == nullptr) return all;
    for (const JsonValue& item : value->items) {
        const std::optional<std::int64_t> whole = wholeOf(item);
        if (!whole || *whole < 0) wrong(key, item, "a list of whole numbers from 0");
        all.push_back(whole.value_or(0));
    }
    return all;
}

std::vector<std::string> ConfigKeys::words(std::string_view key) {
    std::vector<std::string> all;
    const JsonValue* value = list(key);
    if (value == nullptr) return all;
    for (const JsonValue& item : value->items) {
        if (item.kind != JsonKind::Text) wrong(key, item, "a list of texts");
        all.push_back(item.text);
    }
    return all;
}

std::optional<ConfigKeys> ConfigKeys::nested(std::string_view key) {
    const JsonValue* value = take(key);
    if (value == nullptr) return {};
    if (value->kind == JsonKind::Object)
        return ConfigKeys(*value, prefix_ + std::string(key) + ".", *source_);
    wrong(key, *value, "an object");
    return {};
}

void ConfigKeys::requireFlag(std::string_view key, bool usual) {
    if (flag(key, usual) == usual) return;
    refuse(key, fmt::format("is {}, which cannot be computed; only {} can", !usual, usual));
}

void ConfigKeys::requireWord(std::string_view key, std::span<const std::string_view> known) {
    const std::string value = word(key, known.front());
    if (std::ranges::find(known, value) != known.end()) return;
    refuse(key, fmt::format("is {}, which cannot be computed; {} can", shown(value),
                            fmt::join(known, " and ")));
}

void ConfigKeys::finish(std::string_view family, std::span<const std::string_view> harmless) {
    for (std::size_t i = 0; i < object_->keys.size(); ++i) {
        const std::string& key = object_->keys[i];
        if (read_.contains(key)) continue;
        if (std::ranges::find(harmless, key) != harmless.end() || key.starts_with('_') ||
            saysNothing(object_->items[i]))
            source_->ignored.push_back(prefix_ + key);
        else
            refuse(key, fmt::format("is no known key of {} and may change what the model "
                                    "computes; take it out where it does not",
                                    family));
    }
}

}  // namespace ringscope
