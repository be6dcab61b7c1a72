// The fields of a request's body, each read once, with a sentence for one that is wrong.
//
//     RequestFields fields(body);
//     fields.number("temperature", {0, 2}, sampling.temperature);
//     return fields.problem();          // the first one; a field that nobody read is one, too
#pragma once

#include "backend/serve/api_error.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace ringscope {

template <typename Number>
struct NumberRange {
    Number least;
    Number most;
    bool above = false;  // the least one is not in it
};

class RequestFields {
public:
    using Json = nlohmann::json;

    // The object must outlive this. `path` goes before the fields' names: "stream_options".
    explicit RequestFields(const Json& object, std::string path = {});

    // A field that is missing or null leaves the value as it is.
    void number(const char* name, const NumberRange<double>& range, double& value);
    void whole(const char* name, const NumberRange<std::int64_t>& range, std::int64_t& value);
    void flag(const char* name, bool& value);
    void text(const char* name, std::string& value);

    // The field where it is there and not null.
    const Json* find(const char* name);

    // Such a field is accepted and changes nothing.
    void ignore(const char* name) { find(name); }
    // One that would change the answer, and is not done, must have the value that changes nothing.
    void refuseUnless(bool changesNothing, const char* name, const std::string& why);

    void refuse(const std::string& name, const std::string& sentence);
    const std::optional<ApiError>& problem();

private:
    void refuseType(const char* name, const std::string& expected, const Json& value);

    const Json& object_;
    std::string path_;
    std::set<std::string> read_{};
    std::optional<ApiError> problem_{};
};

// The whole number that a value is: 5, and 5.0, which is one, too. Nothing where it is none.
std::optional<std::int64_t> wholeNumberOf(const nlohmann::json& value);

// A value for a sentence: 'abc', 1.5, "a list", "an object".
std::string shownValue(const nlohmann::json& value);

}  // namespace ringscope
