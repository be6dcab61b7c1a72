#include "backend/model/json_cursor.h"

#include "backend/core/plain_text.h"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <unordered_set>

namespace ringscope {
namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }

std::size_t digitsAt(std::string_view text, std::size_t at) {
    const std::size_t first = at;
    while (at < text.size() && isDigit(text[at])) ++at;
    return at - first;
}

// Bytes of the number that `text` begins with; 0 where it begins with none.
std::size_t numberSize(std::string_view text) {
    std::size_t at = text.starts_with('-') ? 1 : 0;
    const std::size_t whole = digitsAt(text, at);
    if (whole == 0 || (whole > 1 && text[at] == '0')) return 0;
    at += whole;
    if (at < text.size() && text[at] == '.') {
        const std::size_t fraction = digitsAt(text, at + 1);
        if (fraction == 0) return 0;
        at += 1 + fraction;
    }
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        ++at;
        if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
        const std::size_t exponent = digitsAt(text, at);
        if (exponent == 0) return 0;
        at += exponent;
    }
    return at;
}

// Bytes of the character that `text` begins with; 0 where it begins with none.
std::size_t utf8Size(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < size) return 0;
    for (std::size_t i = 1; i < size; ++i)
        if ((byte(i) & 0xC0) != 0x80) return 0;
    // Longer than need be, half of a surrogate pair, or beyond the last character.
    if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) >= 0xA0)) return 0;
    if ((first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) >= 0x90)) return 0;
    return size;
}

bool isUtf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t size = utf8Size(text);
        if (size == 0) return false;
        text.remove_prefix(size);
    }
    return true;
}

void appendUtf8(std::uint32_t code, std::string& value) {
    const auto byte = [&](std::uint32_t bits) { value += static_cast<char>(bits); };
    if (code < 0x80) {
        byte(code);
    } else if (code < 0x800) {
        byte(0xC0 | code >> 6);
        byte(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        byte(0xE0 | code >> 12);
        byte(0x80 | (code >> 6 & 0x3F));
        byte(0x80 | (code & 0x3F));
    } else {
        byte(0xF0 | code >> 18);
        byte(0x80 | (code >> 12 & 0x3F));
        byte(0x80 | (code >> 6 & 0x3F));
        byte(0x80 | (code & 0x3F));
    }
}

char escapedCharacter(char letter) {
    switch (letter) {
        case 'b':
            return '\b';
        case 'f':
            return '\f';
        case 'n':
            return '\n';
        case 'r':
            return '\r';
        case 't':
            return '\t';
        case '"':
        case '\\':
        case '/':
            return letter;
        default:
            return '\0';
    }
}

}  // namespace

std::string jsonPlace(std::string_view text, std::size_t byte, JsonPlaces places,
                      std::int64_t firstLine) {
    byte = std::min(byte, text.size());
    if (places == JsonPlaces::Bytes) return fmt::format("byte {}", byte);
    const std::string_view before = text.substr(0, byte);
    const std::size_t line = before.rfind('\n') == before.npos ? 0 : before.rfind('\n') + 1;
    const auto characters = std::ranges::count_if(
        before.substr(line), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
    return fmt::format("{}:{}", std::ranges::count(before, '\n') + firstLine, characters + 1);
}

Error JsonCursor::wrong(std::string_view sentence) const {
    return {ErrorCode::Corrupt,
            jsonPlace(text_, at_, places_, firstLine_) + ": " + std::string(sentence)};
}

void JsonCursor::spaces() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string::npos)
        ++at_;
}

bool JsonCursor::take(char wanted) {
    spaces();
    if (at_ >= text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
}

bool JsonCursor::takeWord(std::string_view word) {
    spaces();
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
}

std::size_t JsonCursor::at() {
    spaces();
    return at_;
}

Result<JsonKind> JsonCursor::kind() {
    spaces();
    if (at_ >= text_.size()) return wrong("the text ends where a value is expected");
    switch (text_[at_]) {
        case '{':
            return JsonKind::Object;
        case '[':
            return JsonKind::List;
        case '"':
            return JsonKind::Text;
        case 't':
        case 'f':
            return JsonKind::Bool;
        case 'n':
            return JsonKind::Null;
        default:
            if (text_[at_] == '-' || isDigit(text_[at_])) return JsonKind::Number;
            return wrong(shown(text_.substr(at_, 1)) + " begins no JSON value");
    }
}

Result<void> JsonCursor::enter(char opening, std::string_view what) {
    if (!take(opening)) return wrong("expected " + std::string(what));
    if (++level_ > mostJsonLevels)
        return wrong(
            fmt::format("lists and objects are nested deeper than {} levels", mostJsonLevels));
    return {};
}

Result<void> JsonCursor::object(const std::function<Result<void>(const std::string&)>& member) {
    RINGSCOPE_CHECK(enter('{', "an object"));
    std::unordered_set<std::string> keys;
    if (!take('}')) {
        do {
            spaces();
            const std::size_t keyAt = at_;
            RINGSCOPE_TRY(const std::string key, text());
            if (!keys.insert(key).second) {
                at_ = keyAt;
                return wrong("the key " + shown(key) + " stands here a second time; keep one");
            }
            if (!take(':')) return wrong("expected ':' behind the key " + shown(key));
            RINGSCOPE_CHECK(member(key));
        } while (take(','));
        if (!take('}')) return wrong("expected ',' or '}'");
    }
    --level_;
    return {};
}

Result<void> JsonCursor::list(const std::function<Result<void>()>& element) {
    RINGSCOPE_CHECK(enter('[', "a list"));
    if (!take(']')) {
        do RINGSCOPE_CHECK(element());
        while (take(','));
        if (!take(']')) return wrong("expected ',' or ']'");
    }
    --level_;
    return {};
}

Result<std::string> JsonCursor::text() {
    if (!take('"')) return wrong("expected a text in quotes");
    const std::size_t first = at_;
    std::string value;
    while (at_ < text_.size() && text_[at_] != '"') {
        if (static_cast<unsigned char>(text_[at_]) < 0x20)
            return wrong("a control character stands in a text; write it as \\u00..");
        if (text_[at_] == '\\')
            RINGSCOPE_CHECK(escaped(value));
        else
            value += text_[at_++];
    }
    if (at_ >= text_.size()) return wrong("the text ends within quotes");
    if (!isUtf8(text_.substr(first, at_ - first))) return wrong("a text is not UTF-8");
    ++at_;
    return value;
}

Result<void> JsonCursor::escaped(std::string& value) {
    ++at_;  // the backslash
    if (at_ >= text_.size()) return wrong("the text ends within quotes");
    if (text_[at_] == 'u') {
        ++at_;
        return codePoint(value);
    }
    const char character = escapedCharacter(text_[at_]);
    if (character == '\0') return wrong("a backslash stands before what it cannot escape");
    value += character;
    ++at_;
    return {};
}

Result<std::uint32_t> JsonCursor::hexDigits() {
    const std::string_view digits = text_.substr(std::min(at_, text_.size()), 4);
    std::uint32_t code = 0;
    const auto [end, failed] =
        std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    if (failed != std::errc() || end != digits.data() + 4)
        return wrong("four hexadecimal digits are expected behind \\u");
    at_ += 4;
    return code;
}

Result<void> JsonCursor::codePoint(std::string& value) {
    RINGSCOPE_TRY(std::uint32_t code, hexDigits());
    if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_).starts_with("\\u")) {
        at_ += 2;
        RINGSCOPE_TRY(const std::uint32_t low, hexDigits());
        if (low < 0xDC00 || low >= 0xE000) return wrong("half of a surrogate pair stands alone");
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    if (code >= 0xD800 && code < 0xE000) return wrong("half of a surrogate pair stands alone");
    appendUtf8(code, value);
    return {};
}

Result<std::string_view> JsonCursor::number() {
    spaces();
    const std::size_t size = numberSize(text_.substr(std::min(at_, text_.size())));
    if (size == 0) return wrong("expected a number");
    const std::string_view written = text_.substr(at_, size);
    at_ += size;
    return written;
}

Result<std::int64_t> JsonCursor::whole() {
    const std::size_t first = at();
    RINGSCOPE_TRY(const std::string_view written, number());
    std::int64_t value = 0;
    const auto [end, failed] =
        std::from_chars(written.data(), written.data() + written.size(), value);
    if (failed == std::errc() && end == written.data() + written.size()) return value;
    at_ = first;
    return wrong("expected a whole number; got " + shown(written));
}

Result<bool> JsonCursor::boolean() {
    if (takeWord("true")) return true;
    if (takeWord("false")) return false;
    return wrong("expected true or false");
}

Result<void> JsonCursor::null() {
    if (takeWord("null")) return {};
    return wrong("expected null");
}

Result<void> JsonCursor::skip() {
    RINGSCOPE_TRY(const JsonKind next, kind());
    switch (next) {
        case JsonKind::Object:
            return object([this](const std::string&) { return skip(); });
        case JsonKind::List:
            return list([this] { return skip(); });
        case JsonKind::Text: {
            RINGSCOPE_CHECK(text());
            return {};
        }
        case JsonKind::Number: {
            RINGSCOPE_CHECK(number());
            return {};
        }
        case JsonKind::Bool: {
            RINGSCOPE_CHECK(boolean());
            return {};
        }
        default:
            return null();
    }
}

Result<void> JsonCursor::end() {
    spaces();
    if (at_ < text_.size()) return wrong("more text follows the JSON value; nothing may");
    return {};
}

}  // namespace ringscope
