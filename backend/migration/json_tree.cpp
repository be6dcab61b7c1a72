#include "backend/migration/json_tree.h"

#include "backend/config/source_text.h"
#include "backend/config/value_text.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace ringscope {
namespace {

using Kind = YamlNode::Kind;

constexpr int deepest = 100;

void appendUtf8(std::string& text, std::uint32_t code) {
    const auto byte = [&](std::uint32_t value) { text += static_cast<char>(value); };
    if (code < 0x80) {
        byte(code);
    } else if (code < 0x800) {
        byte(0xc0U | code >> 6U);
        byte(0x80U | (code & 0x3fU));
    } else {
        byte(0xe0U | code >> 12U);
        byte(0x80U | (code >> 6U & 0x3fU));
        byte(0x80U | (code & 0x3fU));
    }
}

bool isSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool isDelimiter(char c) {
    return isSpace(c) || c == ',' || c == ':' || c == '{' || c == '}' || c == '[' || c == ']' ||
           c == '"' || c == '/' || c == '#';
}

// After the first problem nothing more is read: `broken` ends every loop.
class Parser {
public:
    explicit Parser(std::string_view raw) : source_(raw), text_(source_.text()) {}

    JsonReading read() {
        skipBlanks();
        reading_.tree.root = value(0);
        skipBlanks();
        if (!broken() && !ended()) refuse("expected the end of the file; got " + rest());
        return std::move(reading_);
    }

private:
    bool ended() const { return at_ >= text_.size(); }
    bool broken() const { return reading_.tree.broken; }
    char here() const { return ended() ? '\0' : text_[at_]; }
    TextPosition position() const { return source_.positionOf(at_); }
    std::string rest() const {
        return ended() ? "the end of the file" : shown(text_.substr(at_, 20));
    }

    void refuse(std::string message) {
        if (broken()) return;
        reading_.tree.broken = true;
        reading_.tree.problems.push_back({position(), "not JSON: " + std::move(message)});
    }

    void tolerate(std::string what, bool& noted) {
        if (!std::exchange(noted, true))
            reading_.tolerated.push_back({position(), std::move(what)});
    }

    void advance() { ++at_; }

    void skipBlanks() {
        while (!ended() && !broken()) {
            if (isSpace(here()))
                advance();
            else if (here() == '#' || text_.substr(at_, 2) == "//")
                skipLineComment();
            else if (text_.substr(at_, 2) == "/*")
                skipBlockComment();
            else
                return;
        }
    }

    void skipLineComment() {
        tolerate("comments are no part of JSON and were skipped", notedComment_);
        while (!ended() && here() != '\n') advance();
    }

    void skipBlockComment() {
        tolerate("comments are no part of JSON and were skipped", notedComment_);
        const std::size_t end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos) {
            refuse("a comment that does not end; close it with */");
            return;
        }
        while (at_ < end + 2) advance();
    }

    YamlNode value(int depth) {
        YamlNode node{.at = position()};
        if (depth > deepest)
            refuse("values are nested deeper than " + std::to_string(deepest) + " levels");
        else if (here() == '{')
            readObject(node, depth);
        else if (here() == '[')
            readList(node, depth);
        else if (here() == '"')
            readString(node);
        else
            readWord(node);
        return node;
    }

    // Reads `item` until `close`; commas stand between items, and may follow the last.
    template <typename Item>
    void readItems(char close, Item item) {
        advance();
        for (skipBlanks(); !broken() && here() != close; skipBlanks()) {
            item();
            skipBlanks();
            if (broken() || here() == close) break;
            if (here() != ',') {
                refuse(std::string("expected , or ") + close + "; got " + rest());
                return;
            }
            const TextPosition comma = position();
            advance();
            skipBlanks();
            if (here() == close && !std::exchange(notedComma_, true))
                reading_.tolerated.push_back({comma, "a trailing comma was skipped"});
        }
        if (!broken()) advance();
    }

    void readObject(YamlNode& node, int depth) {
        node.kind = Kind::Map;
        std::map<std::string, TextPosition> first;
        readItems('}', [&] {
            YamlNode key{.at = position()};
            if (here() != '"') {
                refuse("expected a key in double quotes; got " + rest());
                return;
            }
            readString(key);
            skipBlanks();
            if (!broken() && here() != ':') refuse("expected : after the key; got " + rest());
            if (broken()) return;
            advance();
            skipBlanks();
            YamlNode item = value(depth + 1);
            const auto [earlier, isNew] = first.emplace(key.text, key.at);
            if (!isNew) {
                reading_.tree.problems.push_back(
                    {key.at, "duplicate key " + shown(key.text) + ", written before in line " +
                                 std::to_string(earlier->second.line) + "; keep one of them"});
                return;
            }
            node.keys.push_back(std::move(key));
            node.items.push_back(std::move(item));
        });
    }

    void readList(YamlNode& node, int depth) {
        node.kind = Kind::List;
        readItems(']', [&] { node.items.push_back(value(depth + 1)); });
    }

    void readString(YamlNode& node) {
        node.kind = Kind::Scalar;
        node.quoted = true;
        advance();
        while (!broken() && here() != '"') {
            if (ended() || here() == '\n') {
                refuse("a text that does not end; close it with \"");
            } else if (here() == '\\') {
                advance();
                readEscape(node.text);
            } else {
                node.text += here();
                advance();
            }
        }
        if (!broken()) advance();
    }

    void readEscape(std::string& text) {
        constexpr std::string_view letters = "\"\\/bfnrt";
        constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
        if (here() == 'u') {
            advance();
            readCodePoint(text);
            return;
        }
        const std::size_t letter = ended() ? std::string_view::npos : letters.find(here());
        if (letter == std::string_view::npos) {
            refuse("an unknown escape; got " + rest());
            return;
        }
        text += meanings[letter];
        advance();
    }

    // Halves of surrogate pairs are read as question marks.
    void readCodePoint(std::string& text) {
        std::uint32_t code = 0;
        for (int digit = 0; digit < 4; ++digit) {
            constexpr std::string_view digits = "0123456789abcdef";
            const char c = here() >= 'A' && here() <= 'F' ? static_cast<char>(here() + 32) : here();
            const std::size_t value = ended() ? std::string_view::npos : digits.find(c);
            if (value == std::string_view::npos) {
                refuse("expected four hexadecimal digits after \\u; got " + rest());
                return;
            }
            code = code * 16 + static_cast<std::uint32_t>(value);
            advance();
        }
        if (code >= 0xd800 && code < 0xe000)
            text += '?';
        else
            appendUtf8(text, code);
    }

    void readWord(YamlNode& node) {
        const std::size_t begin = at_;
        while (!ended() && !isDelimiter(here())) advance();
        node.text = text_.substr(begin, at_ - begin);
        if (node.text == "null") {
            node.text.clear();
            return;
        }
        node.kind = Kind::Scalar;
        if (node.text == "true" || node.text == "false" || parseReal(node.text)) return;
        const std::string got = node.text.empty() ? rest() : shown(node.text);
        at_ = begin;
        refuse("expected a value; got " + got);
    }

    SourceText source_;
    std::string_view text_;  // of source_
    std::size_t at_ = 0;
    bool notedComment_ = false;
    bool notedComma_ = false;
    JsonReading reading_;
};

}  // namespace

JsonReading readJson(std::string_view text) { return Parser(text).read(); }

}  // namespace ringscope
