// One frame's members between C++ and JSON.
//
// Writer and Reader have the same calls, so a frame names each member once, in one template:
//
//     void members(auto& io, auto& ping) { io("id", ping.id); }
//
// Reading is strict, because the far side may be broken: a missing member, another type, a negative
// or too large number make the whole frame unreadable. Nothing throws. A real number that is not
// finite travels as null and arrives as NaN.
#pragma once

#include "backend/core/units.h"

#include <concepts>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope::wire {

using Json = nlohmann::json;

class Writer {
public:
    void operator()(const char* name, const std::string& value) { object[name] = value; }
    void operator()(const char* name, double value) { object[name] = value; }
    void operator()(const char* name, std::int64_t value) { object[name] = value; }
    void operator()(const char* name, int value) { object[name] = value; }
    // A template, so that a string literal does not convert to bool.
    void operator()(const char* name, std::same_as<bool> auto value) { object[name] = value; }
    void operator()(const char* name, Bytes value) { object[name] = value.count; }
    void operator()(const char* name, Nanos value) {
        object[name] = static_cast<std::int64_t>(value.count());
    }
    void operator()(const char* name, const std::vector<std::string>& value) {
        object[name] = value;
    }
    void operator()(const char* name, const std::vector<std::int64_t>& value) {
        object[name] = value;
    }
    void operator()(const char* name, const std::map<std::string, std::string>& value) {
        object[name] = value;
    }

    // A member that an older peer does not send or know.
    void optional(const char* name, const auto& value) { (*this)(name, value); }
    // The same of a number that is below 0 where there is none.
    void unlessNegative(const char* name, int value) {
        if (value >= 0) (*this)(name, value);
    }

    // Text that holds a JSON object travels as this object.
    void jsonObject(const char* name, const std::string& text);

    Json object = Json::object();
};

class Reader {
public:
    explicit Reader(const Json& object) : object_(object) {}

    void operator()(const char* name, std::string& value);
    void operator()(const char* name, double& value);
    void operator()(const char* name, std::int64_t& value);
    void operator()(const char* name, int& value);
    void operator()(const char* name, bool& value);
    void operator()(const char* name, Bytes& value);
    void operator()(const char* name, Nanos& value);
    void operator()(const char* name, std::vector<std::string>& value);
    void operator()(const char* name, std::vector<std::int64_t>& value);
    void operator()(const char* name, std::map<std::string, std::string>& value);

    // Keeps the value where the member is missing.
    void optional(const char* name, auto& value) {
        if (object_.contains(name)) (*this)(name, value);
    }

    void unlessNegative(const char* name, int& value) { optional(name, value); }

    // The text of an object that nests at most 32 levels deep.
    void jsonObject(const char* name, std::string& text);

    // Nothing where the member is missing; the frame is unreadable then.
    const Json* member(const char* name);
    void refuse() { ok_ = false; }
    bool ok() const { return ok_; }

private:
    const Json& object_;
    bool ok_ = true;
};

// Whether dump() may be called on a value that came from the far side: it recurses.
bool isShallow(const Json& value);

// One line without its newline; bytes that are no UTF-8 become U+FFFD.
std::string dump(const Json& object);

// The object a line holds, or null (a discarded value) where it holds none.
Json parseObject(std::string_view line);

}  // namespace ringscope::wire
