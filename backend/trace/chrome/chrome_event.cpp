#include "backend/trace/chrome/chrome_event.h"

#include "backend/trace/chrome/event_reader.h"

#include <simdjson.h>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

using simdjson::ondemand::object;
using simdjson::ondemand::value;

// What a value is written as, up to and without the space behind it.
std::string_view tokenOf(value& of) {
    std::string_view token = of.raw_json_token();
    while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ')
        token.remove_suffix(1);
    return token;
}

// A list, or a list in a string: "[0, 1]".
std::string_view listOf(value& of) {
    simdjson::ondemand::json_type type{};
    if (of.type().get(type) != simdjson::SUCCESS) return {};
    if (type != simdjson::ondemand::json_type::array) return tokenOf(of);
    simdjson::ondemand::array list;
    std::string_view text;
    return of.get_array().get(list) == simdjson::SUCCESS &&
                   list.raw_json().get(text) == simdjson::SUCCESS
               ? text
               : std::string_view{};
}

// Keys are compared as they are written: no tool escapes letters in them.
std::string_view keyOf(const simdjson::ondemand::raw_json_string& key) {
    const char* begin = key.raw();
    const char* end = begin;
    while (*end != '"') end += *end == '\\' ? 2 : 1;
    return {begin, static_cast<std::size_t>(end - begin)};
}

void takeArgument(std::string_view key, value of, ChromeEvent& event) {
    const auto number = [&](std::optional<std::int64_t>& field) {
        field = integerFrom(tokenOf(of));
    };
    ChromeCollective& collective = event.collective;
    ChromeTag& tag = event.tag;
    if (key == "stream") return number(event.stream);
    if (key == "device") return number(event.device);
    if (key == "context") return number(event.context);
    if (key == "correlation") return number(event.correlation);
    if (key == "External id" || key == "external id") return number(event.externalId);
    if (key == "bytes") return number(event.bytes);
    if (key == "allocations") event.allocations = listOf(of);
    if (key == "name") event.argName = tokenOf(of);
    if (key == "step") return number(tag.step);
    if (key == "layer") return number(tag.layer);
    if (key == "ring_step") return number(tag.ringStep);
    if (key == "peer") return number(tag.peer);
    if (key == "message") return number(tag.message);
    if (key == "launched") tag.launched = nanosecondsFrom(tokenOf(of));
    if (key == "kind") tag.kind = tokenOf(of);
    if (key == "operation") tag.operation = tokenOf(of);
    if (key == "pass") tag.pass = tokenOf(of);
    if (key == "Collective name") collective.name = tokenOf(of);
    if (key == "Process Group Name") collective.group = tokenOf(of);
    if (key == "dtype") collective.dtype = tokenOf(of);
    if (key == "Process Group Ranks") collective.ranks = listOf(of);
    if (key == "In msg nelems") return number(collective.inElements);
    if (key == "Out msg nelems") return number(collective.outElements);
    if (key == "Group size") return number(collective.groupSize);
    if (key == "Src Rank") return number(collective.source);
    if (key == "Dst Rank") return number(collective.destination);
    if (key == "Seq") return number(collective.sequence);
}

bool takeArguments(value of, ChromeEvent& event) {
    object arguments;
    if (of.get_object().get(arguments) != simdjson::SUCCESS) return true;  // "args": null
    for (auto argument : arguments) {
        simdjson::ondemand::raw_json_string key;
        value inside;
        if (argument.key().get(key) != simdjson::SUCCESS ||
            argument.value().get(inside) != simdjson::SUCCESS)
            return false;
        takeArgument(keyOf(key), inside, event);
    }
    return true;
}

bool takeField(std::string_view key, value of, ChromeEvent& event) {
    if (key == "args") return takeArguments(of, event);
    if (key == "ph") {
        const std::string_view phase = withoutQuotes(tokenOf(of));
        event.phase = phase.empty() ? '\0' : phase.front();
    } else if (key == "cat") {
        event.category = tokenOf(of);
    } else if (key == "name") {
        event.name = tokenOf(of);
    } else if (key == "ts") {
        event.begin = nanosecondsFrom(tokenOf(of));
    } else if (key == "dur") {
        event.duration = nanosecondsFrom(tokenOf(of));
    } else if (key == "pid") {
        event.pid = tokenOf(of);
    } else if (key == "tid") {
        event.tid = tokenOf(of);
    } else if (key == "id") {
        event.id = tokenOf(of);
    }
    return true;
}

// Of a moment: the year 2096, so that a difference of two never overflows.
constexpr std::int64_t largestNanoseconds = 4'000'000'000'000'000'000;

}  // namespace

struct ChromeEventParser::Parser {
    simdjson::ondemand::parser json;
};

ChromeEventParser::ChromeEventParser() : parser_(std::make_unique<Parser>()) {}
ChromeEventParser::~ChromeEventParser() = default;
ChromeEventParser::ChromeEventParser(ChromeEventParser&&) noexcept = default;
ChromeEventParser& ChromeEventParser::operator=(ChromeEventParser&&) noexcept = default;

bool ChromeEventParser::parse(std::string_view text, ChromeEvent& event) {
    static_assert(EventReader::padding >= simdjson::SIMDJSON_PADDING);
    event = {};
    simdjson::ondemand::document document;
    object fields;
    if (parser_->json.iterate(text.data(), text.size(), text.size() + EventReader::padding)
                .get(document) != simdjson::SUCCESS ||
        document.get_object().get(fields) != simdjson::SUCCESS)
        return false;
    for (auto field : fields) {
        simdjson::ondemand::raw_json_string key;
        value of;
        if (field.key().get(key) != simdjson::SUCCESS || field.value().get(of) != simdjson::SUCCESS)
            return false;
        if (!takeField(keyOf(key), of, event)) return false;
    }
    return true;
}

std::string_view withoutQuotes(std::string_view json) {
    if (json.size() < 2 || json.front() != '"' || json.back() != '"') return json;
    return json.substr(1, json.size() - 2);
}

std::string textFrom(std::string_view json) {
    if (json.empty() || json.front() != '"') return std::string(json);
    if (json.find('\\') == std::string_view::npos) return std::string(withoutQuotes(json));
    const nlohmann::json text = nlohmann::json::parse(json, nullptr, false);
    return text.is_string() ? text.get<std::string>() : std::string(withoutQuotes(json));
}

std::optional<std::int64_t> integerFrom(std::string_view json) {
    json = withoutQuotes(json);
    std::int64_t number = 0;
    const auto [end, failed] = std::from_chars(json.data(), json.data() + json.size(), number);
    if (failed != std::errc{}) return std::nullopt;
    if (end == json.data() + json.size()) return number;
    // 7.0, as some tools write their whole numbers
    double real = 0;
    const auto [realEnd, realFailed] =
        std::from_chars(json.data(), json.data() + json.size(), real);
    if (realFailed != std::errc{} || realEnd != json.data() + json.size() ||
        std::abs(real) > 9.0e15)
        return std::nullopt;
    return static_cast<std::int64_t>(real);
}

std::optional<std::int64_t> nanosecondsFrom(std::string_view microseconds) {
    const std::string_view text = withoutQuotes(microseconds);
    const bool negative = text.starts_with('-');
    std::int64_t number = 0;
    int decimals = -1;  // -1: before the point
    std::size_t at = negative ? 1 : 0;
    if (at == text.size()) return std::nullopt;
    for (; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '.' && decimals < 0) {
            decimals = 0;
        } else if (c >= '0' && c <= '9') {
            if (decimals >= 3) continue;  // below a nanosecond
            if (number > largestNanoseconds / 10) return std::nullopt;
            number = number * 10 + (c - '0');
            if (decimals >= 0) ++decimals;
        } else {
            break;
        }
    }
    if (at == text.size()) {
        for (int places = std::max(decimals, 0); places < 3; ++places) {
            if (number > largestNanoseconds / 10) return std::nullopt;
            number *= 10;
        }
        return negative ? -number : number;
    }
    double real = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), real);
    if (failed != std::errc{} || end != text.data() + text.size() ||
        !(std::abs(real) * 1000 < static_cast<double>(largestNanoseconds)))
        return std::nullopt;
    return std::llround(real * 1000);
}

}  // namespace ringscope
