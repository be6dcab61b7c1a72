#include "tests/support/json_schema.h"

#include <set>

namespace ringscope::test {
namespace {

using Json = nlohmann::json;

bool hasType(const std::string& type, const Json& value) {
    if (type == "null") return value.is_null();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_boolean();
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    if (type == "array") return value.is_array();
    return type == "object" && value.is_object();
}

class Checker {
public:
    explicit Checker(const Json& document) : document_(document) {}

    std::string mismatch(const Json& schema, const Json& value, const std::string& at) const {
        for (const auto& [word, said] : schema.items()) {
            const std::string found = word == "properties" || word == "additionalProperties"
                                          ? members(schema, value, at)
                                          : byWord(word, said, value, at);
            if (!found.empty()) return found;
        }
        return {};
    }

private:
    std::string byWord(const std::string& word, const Json& said, const Json& value,
                       const std::string& at) const {
        const auto unless = [&](bool right) {
            return right ? std::string()
                         : at + ": " + value.dump() + " against " + word + " " + said.dump();
        };
        if (word == "description") return {};
        if (word == "$ref") {
            const std::string pointer = said.get<std::string>().substr(1);
            return mismatch(document_.at(Json::json_pointer(pointer)), value, at);
        }
        if (word == "type") {
            for (const Json& type : said.is_array() ? said : Json::array({said}))
                if (hasType(type, value)) return {};
            return unless(false);
        }
        if (word == "enum") return unless(std::find(said.begin(), said.end(), value) != said.end());
        if (word == "anyOf") {
            for (const Json& each : said)
                if (mismatch(each, value, at).empty()) return {};
            return unless(false);
        }
        if (word == "minimum") return unless(!value.is_number() || value >= said);
        if (word == "maximum") return unless(!value.is_number() || value <= said);
        if (word == "exclusiveMinimum") return unless(!value.is_number() || value > said);
        if (word == "minItems") return unless(!value.is_array() || value.size() >= said);
        if (word == "maxItems") return unless(!value.is_array() || value.size() <= said);
        if (word == "minLength")
            return unless(!value.is_string() || value.get<std::string>().size() >= said);
        if (word == "maxLength")
            return unless(!value.is_string() || value.get<std::string>().size() <= said);
        if (word == "required") {
            for (const Json& name : said)
                if (value.is_object() && !value.contains(name)) return unless(false);
            return {};
        }
        if (word == "items") {
            for (std::size_t i = 0; value.is_array() && i < value.size(); ++i) {
                const std::string found =
                    mismatch(said, value[i], at + "[" + std::to_string(i) + "]");
                if (!found.empty()) return found;
            }
            return {};
        }
        return at + ": the word " + word + " is not known";
    }

    std::string members(const Json& schema, const Json& value, const std::string& at) const {
        if (!value.is_object()) return {};
        const Json known = schema.value("properties", Json::object());
        for (const auto& [name, member] : value.items()) {
            if (known.contains(name)) {
                const std::string found = mismatch(known[name], member, at + "." + name);
                if (!found.empty()) return found;
            } else if (schema.value("additionalProperties", Json(true)) == false) {
                return at + ": " + name + " is not described";
            }
        }
        return {};
    }

    const Json& document_;
};

}  // namespace

std::string schemaMismatch(const Json& document, const Json& schema, const Json& value) {
    return Checker(document).mismatch(schema, value, "value");
}

}  // namespace ringscope::test
