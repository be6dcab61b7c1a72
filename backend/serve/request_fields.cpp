#include "backend/serve/request_fields.h"

#include "backend/core/plain_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <utility>

namespace ringscope {
namespace {

constexpr std::int64_t anyWholeNumber = std::int64_t{1} << 62;

std::string rangeText(const char* kind, const NumberRange<double>& range) {
    return fmt::format("a {} {} {}, to {}", kind, range.above ? "above" : "from", range.least,
                       range.most);
}

}  // namespace

std::optional<std::int64_t> wholeNumberOf(const nlohmann::json& value) {
    constexpr double exact = 9007199254740992.0;  // beyond it a double is not one whole number
    if (value.is_number_float()) {
        const double number = value.get<double>();
        if (!(std::abs(number) <= exact) || number != std::floor(number)) return std::nullopt;
        return static_cast<std::int64_t>(number);
    }
    if (!value.is_number_integer()) return std::nullopt;
    if (value.is_number_unsigned() &&
        value.get<std::uint64_t>() > static_cast<std::uint64_t>(anyWholeNumber))
        return std::nullopt;
    return value.get<std::int64_t>();
}

std::string shownValue(const nlohmann::json& value) {
    if (value.is_string()) return shown(value.get_ref<const std::string&>());
    if (value.is_array()) return "a list";
    if (value.is_object()) return "an object";
    return value.dump();
}

RequestFields::RequestFields(const Json& object, std::string path)
    : object_(object), path_(std::move(path)) {
    if (!path_.empty()) path_ += '.';
}

const RequestFields::Json* RequestFields::find(const char* name) {
    read_.insert(name);
    const auto found = object_.find(name);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
}

void RequestFields::refuse(const std::string& name, const std::string& sentence) {
    if (!problem_)
        problem_ = badRequest(path_ + name, fmt::format("{}{}: {}", path_, name, sentence));
}

void RequestFields::refuseType(const char* name, const std::string& expected, const Json& value) {
    refuse(name, fmt::format("expected {}; got {}", expected, shownValue(value)));
}

void RequestFields::refuseUnless(bool changesNothing, const char* name, const std::string& why) {
    if (!changesNothing) refuse(name, why);
}

void RequestFields::number(const char* name, const NumberRange<double>& range, double& value) {
    const Json* found = find(name);
    if (found == nullptr) return;
    const double given = found->is_number() ? found->get<double>() : 0;
    const bool isInside =
        (range.above ? given > range.least : given >= range.least) && given <= range.most;
    if (!found->is_number() || !isInside)
        return refuseType(name, rangeText("number", range), *found);
    value = given;
}

void RequestFields::whole(const char* name, const NumberRange<std::int64_t>& range,
                          std::int64_t& value) {
    const Json* found = find(name);
    if (found == nullptr) return;
    const std::optional<std::int64_t> given = wholeNumberOf(*found);
    if (!given || *given < range.least || *given > range.most)
        return refuseType(
            name, fmt::format("a whole number from {} to {}", range.least, range.most), *found);
    value = *given;
}

void RequestFields::flag(const char* name, bool& value) {
    const Json* found = find(name);
    if (found == nullptr) return;
    if (!found->is_boolean()) return refuseType(name, "true or false", *found);
    value = found->get<bool>();
}

void RequestFields::text(const char* name, std::string& value) {
    const Json* found = find(name);
    if (found == nullptr) return;
    if (!found->is_string()) return refuseType(name, "a text", *found);
    value = found->get<std::string>();
}

const std::optional<ApiError>& RequestFields::problem() {
    if (problem_) return problem_;
    for (const auto& [name, value] : object_.items())
        if (!read_.contains(name)) {
            refuse(name, "there is no such field");
            problem_->param = path_ + name;
            break;
        }
    return problem_;
}

}  // namespace ringscope
