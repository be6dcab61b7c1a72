#include "backend/run/frame_json.h"

#include <algorithm>
#include <limits>

namespace ringscope::wire {
namespace {

bool readInteger(const Json& member, std::int64_t largest, std::int64_t& value) {
    // A number JSON can hold and int64 cannot is parsed as unsigned or as a real.
    if (!member.is_number_integer()) return false;
    if (member.is_number_unsigned() &&
        member.get<std::uint64_t>() > static_cast<std::uint64_t>(largest))
        return false;
    value = member.get<std::int64_t>();
    return value >= 0;
}

constexpr int deepestObject = 32;

// Looks no deeper than `levels`, so hostile nesting costs no stack.
bool isDeeper(const Json& value, int levels) {
    if (!value.is_structured()) return false;
    if (levels == 0) return true;
    return std::ranges::any_of(value, [&](const Json& part) { return isDeeper(part, levels - 1); });
}

}  // namespace

bool isShallow(const Json& value) { return !isDeeper(value, deepestObject); }

void Writer::jsonObject(const char* name, const std::string& text) {
    object[name] = parseObject(text);
}

void Reader::jsonObject(const char* name, std::string& text) {
    const Json* found = member(name);
    if (found == nullptr) return;
    if (!found->is_object() || !isShallow(*found)) return refuse();
    text = dump(*found);
}

const Json* Reader::member(const char* name) {
    const auto found = object_.find(name);
    if (found != object_.end()) return &*found;
    refuse();
    return nullptr;
}

void Reader::operator()(const char* name, std::string& value) {
    const Json* text = member(name);
    if (text == nullptr) return;
    if (!text->is_string()) return refuse();
    value = text->get<std::string>();
}

void Reader::operator()(const char* name, double& value) {
    const Json* number = member(name);
    if (number == nullptr) return;
    if (number->is_null()) {
        value = std::numeric_limits<double>::quiet_NaN();
    } else if (number->is_number()) {
        value = number->get<double>();
    } else {
        refuse();
    }
}

void Reader::operator()(const char* name, std::int64_t& value) {
    const Json* number = member(name);
    if (number != nullptr && !readInteger(*number, std::numeric_limits<std::int64_t>::max(), value))
        refuse();
}

void Reader::operator()(const char* name, int& value) {
    std::int64_t wide = 0;
    (*this)(name, wide);
    if (wide > std::numeric_limits<int>::max()) return refuse();
    value = static_cast<int>(wide);
}

void Reader::operator()(const char* name, bool& value) {
    const Json* found = member(name);
    if (found == nullptr) return;
    if (!found->is_boolean()) return refuse();
    value = found->get<bool>();
}

void Reader::operator()(const char* name, Bytes& value) { (*this)(name, value.count); }

void Reader::operator()(const char* name, Nanos& value) {
    std::int64_t count = 0;
    (*this)(name, count);
    value = Nanos(count);
}

void Reader::operator()(const char* name, std::vector<std::int64_t>& value) {
    const Json* list = member(name);
    if (list == nullptr) return;
    if (!list->is_array()) return refuse();
    value.clear();
    for (const Json& each : *list)
        if (!readInteger(each, std::numeric_limits<std::int64_t>::max(), value.emplace_back()))
            return refuse();
}

void Reader::operator()(const char* name, std::vector<std::string>& value) {
    const Json* list = member(name);
    if (list == nullptr) return;
    if (!list->is_array()) return refuse();
    for (const Json& text : *list) {
        if (!text.is_string()) return refuse();
        value.push_back(text.get<std::string>());
    }
}

void Reader::operator()(const char* name, std::map<std::string, std::string>& value) {
    const Json* table = member(name);
    if (table == nullptr) return;
    if (!table->is_object()) return refuse();
    for (const auto& [key, text] : table->items()) {
        if (!text.is_string()) return refuse();
        value.emplace(key, text.get<std::string>());
    }
}

std::string dump(const Json& object) {
    return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json parseObject(std::string_view line) {
    if (line.empty() || line.front() != '{') return nullptr;
    Json parsed = Json::parse(line.begin(), line.end(), nullptr, /*allow_exceptions=*/false);
    if (!parsed.is_object()) return nullptr;
    return parsed;  // moved: copying would recurse as deeply as a hostile line nests
}

}  // namespace ringscope::wire
