#include "backend/text/json_part.h"

#include "backend/core/text.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace ringscope {
namespace {

using nlohmann::json;

constexpr std::size_t deepestJson = 64;
constexpr std::size_t longestShown = 60;  // bytes

const json& emptyObject() {
    static const json empty = json::object();
    return empty;
}

const json& emptyList() {
    static const json empty = json::array();
    return empty;
}

std::string shortenedText(std::string text) {
    if (text.size() <= longestShown) return text;
    std::size_t end = longestShown;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
    return text.substr(0, end) + "…";
}

// Makes the values, and stops at the first thing that must not be.
class StrictJson : public nlohmann::json_sax<json> {
public:
    explicit StrictJson(std::string_view text) : text_(text) {}

    json root{};
    std::string problem{};

    bool null() override { return add(nullptr); }
    bool boolean(bool value) override { return add(value); }
    bool number_integer(number_integer_t value) override { return add(value); }
    bool number_unsigned(number_unsigned_t value) override { return add(value); }
    bool number_float(number_float_t value, const string_t& /*text*/) override {
        return add(value);
    }
    bool string(string_t& value) override { return add(std::move(value)); }
    bool binary(binary_t& /*value*/) override { return false; }
    bool start_object(std::size_t /*count*/) override { return open(json::object()); }
    bool start_array(std::size_t /*count*/) override { return open(json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& key) override {
        key_ = std::move(key);
        return true;
    }

    bool parse_error(std::size_t at, const std::string& /*token*/,
                     const nlohmann::detail::exception& /*error*/) override {
        const std::string_view read = text_.substr(0, std::min(at, text_.size()));
        const auto line = 1 + std::count(read.begin(), read.end(), '\n');
        problem = "no whole JSON: it breaks off or goes wrong in line " + std::to_string(line) +
                  ", at byte " + std::to_string(at) + " of " + std::to_string(text_.size()) +
                  "; get the file again";
        return false;
    }

private:
    bool open(json value) {
        if (open_.size() >= deepestJson) {
            problem = "values are nested deeper than " + std::to_string(deepestJson) + " levels";
            return false;
        }
        json* added = put(std::move(value));
        if (added != nullptr) open_.push_back(added);
        return added != nullptr;
    }

    bool close() {
        open_.pop_back();
        return true;
    }

    template <typename Value>
    bool add(Value&& value) {
        return put(json(std::forward<Value>(value))) != nullptr;
    }

    // Null where the key was there.
    json* put(json value) {
        if (open_.empty()) {
            root = std::move(value);
            return &root;
        }
        json& above = *open_.back();
        if (above.is_array()) return &above.emplace_back(std::move(value));
        const auto [place, isNew] = above.emplace(key_, std::move(value));
        if (isNew) return &place.value();
        problem = "the key '" + shortenedText(key_) + "' is written twice; keep one of them";
        return nullptr;
    }

    std::string_view text_;
    std::vector<json*> open_;
    std::string key_;
};

}  // namespace

std::string shownJson(const json& value) {
    if (value.is_string()) return "'" + shortenedText(value.get<std::string>()) + "'";
    if (value.is_object()) return "an object";
    if (value.is_array()) return "a list of " + std::to_string(value.size());
    return shortenedText(value.dump(-1, ' ', false, json::error_handler_t::replace));
}

Result<json> parseJson(std::string_view text) {
    StrictJson made(text);
    if (json::sax_parse(text.begin(), text.end(), &made)) return std::move(made.root);
    if (made.problem.empty()) made.problem = "no JSON";
    return Error{ErrorCode::InvalidConfig, made.problem};
}

JsonPart::JsonPart(const json& value, std::string path) : value_(value), path_(std::move(path)) {
    if (!value_.is_object()) problem_ = path_ + ": expected an object; got " + shownJson(value_);
}

std::string JsonPart::pathOf(std::string_view key) const {
    return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

void JsonPart::refuse(std::string_view key, const std::string& sentence) {
    if (problem_.empty()) problem_ = pathOf(key) + ": " + sentence;
}

const json* JsonPart::find(std::string_view key, bool needed, std::string_view expected) {
    asked_.emplace(key);
    if (!value_.is_object()) return nullptr;
    const auto found = value_.find(std::string(key));
    if (found != value_.end() && !found->is_null()) return &*found;
    if (needed) refuse(key, "expected " + std::string(expected) + "; there is none");
    return nullptr;
}

bool JsonPart::flag(std::string_view key, std::optional<bool> missing) {
    const json* found = find(key, !missing, "true or false");
    if (found == nullptr) return missing.value_or(false);
    if (found->is_boolean()) return found->get<bool>();
    refuse(key, "expected true or false; got " + shownJson(*found));
    return false;
}

std::string JsonPart::text(std::string_view key, std::optional<std::string> missing) {
    const json* found = find(key, !missing, "a text");
    if (found == nullptr) return missing.value_or("");
    if (found->is_string()) return found->get<std::string>();
    refuse(key, "expected a text; got " + shownJson(*found));
    return "";
}

std::int64_t JsonPart::number(std::string_view key, std::int64_t least, std::int64_t most,
                              std::optional<std::int64_t> missing) {
    const std::string expected =
        "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
    const json* found = find(key, !missing, expected);
    if (found == nullptr) return missing.value_or(least);
    // A number above the largest signed one is an unsigned one.
    const bool fits = found->is_number_integer() &&
                      !(found->is_number_unsigned() &&
                        found->get<std::uint64_t>() > static_cast<std::uint64_t>(most));
    if (fits && found->get<std::int64_t>() >= least && found->get<std::int64_t>() <= most)
        return found->get<std::int64_t>();
    refuse(key, "expected " + expected + "; got " + shownJson(*found));
    return least;
}

std::size_t JsonPart::choice(std::string_view key, const std::vector<std::string_view>& words,
                             std::optional<std::size_t> missing) {
    std::vector<std::string> expected(words.begin(), words.end());
    const json* found = find(key, !missing, "one of " + join(expected, ", "));
    if (found == nullptr) return missing.value_or(0);
    if (found->is_string()) {
        const auto word = std::ranges::find(words, found->get_ref<const std::string&>());
        if (word != words.end()) return static_cast<std::size_t>(word - words.begin());
    }
    refuse(key, "expected one of " + join(expected, ", ") + "; got " + shownJson(*found));
    return 0;
}

const json* JsonPart::value(std::string_view key) { return find(key, false, ""); }

const json& JsonPart::object(std::string_view key) {
    const json* found = find(key, true, "an object");
    if (found != nullptr && found->is_object()) return *found;
    if (found != nullptr) refuse(key, "expected an object; got " + shownJson(*found));
    return emptyObject();
}

const json& JsonPart::list(std::string_view key) {
    const json* found = find(key, true, "a list");
    if (found != nullptr && found->is_array()) return *found;
    if (found != nullptr) refuse(key, "expected a list; got " + shownJson(*found));
    return emptyList();
}

Result<void> JsonPart::done() const {
    if (!problem_.empty()) return Error{ErrorCode::InvalidConfig, problem_};
    for (const auto& [key, value] : value_.items())
        if (!asked_.contains(key))
            return Error{ErrorCode::InvalidConfig,
                         pathOf(shortenedText(key)) + ": Ringscope does not know this key (" +
                             shownJson(value) +
                             "), so its tokens could be others; remove it, or "
                             "use a tokenizer without it"};
    return {};
}

}  // namespace ringscope
