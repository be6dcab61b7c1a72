#include "backend/migration/toml_tree.h"

#include "backend/config/source_text.h"
#include "backend/config/value_text.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace ringscope {
namespace {

using Kind = YamlNode::Kind;

constexpr int deepestToml = 100;
constexpr std::size_t longestDottedKey = 64;  // parts

bool isBareKey(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

void appendCode(std::string& text, std::uint32_t code) {
    const auto byte = [&](std::uint32_t value) { text += static_cast<char>(value); };
    if (code < 0x80) return byte(code);
    if (code < 0x800) {
        byte(0xc0U | code >> 6U);
    } else {
        if (code < 0x10000) {
            byte(0xe0U | code >> 12U);
        } else {
            byte(0xf0U | code >> 18U);
            byte(0x80U | (code >> 12U & 0x3fU));
        }
        byte(0x80U | (code >> 6U & 0x3fU));
    }
    byte(0x80U | (code & 0x3fU));
}

// After the first problem nothing more is read: `broken` ends every loop.
class TomlParser {
public:
    explicit TomlParser(std::string_view raw) : source_(raw), text_(source_.text()) {
        reading_.root.kind = Kind::Map;
    }

    YamlReading read() {
        YamlNode* table = &reading_.root;  // that keys belong to
        for (skipLines(); !ended() && !broken(); skipLines()) {
            if (here() == '[')
                table = readHeader();
            else if (table != nullptr)
                readPair(*table, 0);
            if (!broken()) endLine();
        }
        return std::move(reading_);
    }

private:
    bool ended() const { return at_ >= text_.size(); }
    bool broken() const { return reading_.broken; }
    char here() const { return ended() ? '\0' : text_[at_]; }
    bool startsWith(std::string_view word) const { return text_.substr(at_).starts_with(word); }
    TextPosition position() const { return source_.positionOf(at_); }
    std::string rest() const {
        if (ended()) return "the end of the file";
        if (here() == '\n') return "the end of the line";
        const std::size_t line = text_.find('\n', at_) - at_;
        return shown(text_.substr(at_, std::min<std::size_t>(line, 20)));
    }
    void refuse(std::string message) { refuse(position(), std::move(message)); }
    void refuse(TextPosition at, std::string message) {
        if (broken()) return;
        reading_.broken = true;
        reading_.problems.push_back({at, "not TOML: " + std::move(message)});
    }

    void skipBlanks() {
        while (here() == ' ' || here() == '\t') ++at_;
    }
    void skipComment() {
        if (here() != '#') return;
        while (!ended() && here() != '\n') ++at_;
    }
    void skipLines() {
        while (!ended()) {
            skipBlanks();
            skipComment();
            if (here() != '\n') return;
            ++at_;
        }
    }
    void endLine() {
        skipBlanks();
        skipComment();
        if (!ended() && here() != '\n') refuse("expected the end of the line; got " + rest());
    }

    YamlNode readKeyPart() {
        YamlNode key{.kind = Kind::Scalar, .at = position()};
        if (here() == '"' || here() == '\'') {
            readString(key);
            return key;
        }
        const std::size_t begin = at_;
        while (!ended() && isBareKey(here())) ++at_;
        key.text = text_.substr(begin, at_ - begin);
        if (key.text.empty()) refuse("expected a key; got " + rest());
        return key;
    }

    std::vector<YamlNode> readKey() {
        std::vector<YamlNode> parts;
        do {
            if (!parts.empty()) ++at_;  // the dot
            skipBlanks();
            parts.push_back(readKeyPart());
            skipBlanks();
            if (parts.size() > longestDottedKey) refuse("a key of too many parts");
        } while (!broken() && here() == '.');
        return parts;
    }

    static YamlNode* itemOf(YamlNode& map, const std::string& key) {
        const auto found = std::ranges::find(map.keys, key, &YamlNode::text);
        return found == map.keys.end()
                   ? nullptr
                   : &map.items[static_cast<std::size_t>(found - map.keys.begin())];
    }

    // The map below `key`, made where it is missing; of a list of tables the last one.
    YamlNode* below(YamlNode& map, const YamlNode& key) {
        YamlNode* item = itemOf(map, key.text);
        if (item == nullptr) {
            map.keys.push_back(key);
            map.items.push_back({.kind = Kind::Map, .at = key.at});
            return &map.items.back();
        }
        if (item->kind == Kind::List && !item->items.empty()) item = &item->items.back();
        if (item->kind == Kind::Map) return item;
        refuse(key.at, "the key " + shown(key.text) + " has a value already, and no keys below it");
        return nullptr;
    }

    void refuseTwice(const YamlNode& key, const YamlNode& map) {
        const auto first = std::ranges::find(map.keys, key.text, &YamlNode::text);
        refuse(key.at, "duplicate key " + shown(key.text) + ", written before in line " +
                           std::to_string(first->at.line) + "; keep one of them");
    }

    // [a.b] or [[a.b]]
    YamlNode* readHeader() {
        const bool many = startsWith("[[");
        at_ += many ? 2 : 1;
        const std::vector<YamlNode> path = readKey();
        const std::string_view close = many ? "]]" : "]";
        if (!broken() && !startsWith(close))
            refuse("expected " + std::string(close) + "; got " + rest());
        if (broken()) return nullptr;
        at_ += close.size();
        YamlNode* map = &reading_.root;
        for (std::size_t i = 0; i + 1 < path.size() && map != nullptr; ++i)
            map = below(*map, path[i]);
        if (map == nullptr) return nullptr;
        return many ? addTable(*map, path.back()) : openTable(*map, path.back());
    }

    YamlNode* openTable(YamlNode& map, const YamlNode& key) {
        YamlNode* there = itemOf(map, key.text);
        // A table is opened once; one that a longer name made may still get keys of its own.
        if (there != nullptr && there->quoted) {
            refuseTwice(key, map);
            return nullptr;
        }
        YamlNode* table = below(map, key);
        if (table != nullptr) table->quoted = true;  // opened
        return table;
    }

    YamlNode* addTable(YamlNode& map, const YamlNode& key) {
        YamlNode* list = itemOf(map, key.text);
        if (list == nullptr) {
            map.keys.push_back(key);
            map.items.push_back({.kind = Kind::List, .at = key.at});
            list = &map.items.back();
        }
        if (list->kind != Kind::List) {
            refuseTwice(key, map);
            return nullptr;
        }
        list->items.push_back({.kind = Kind::Map, .at = key.at});
        return &list->items.back();
    }

    void readPair(YamlNode& table, int depth) {
        const std::vector<YamlNode> path = readKey();
        if (!broken() && here() != '=') refuse("expected = after the key; got " + rest());
        if (broken()) return;
        ++at_;
        skipBlanks();
        YamlNode value = readValue(depth + 1);
        if (broken()) return;
        YamlNode* map = &table;
        for (std::size_t i = 0; i + 1 < path.size() && map != nullptr; ++i)
            map = below(*map, path[i]);
        if (map == nullptr) return;
        if (itemOf(*map, path.back().text) != nullptr) return refuseTwice(path.back(), *map);
        map->keys.push_back(path.back());
        map->items.push_back(std::move(value));
    }

    YamlNode readValue(int depth) {
        YamlNode node{.at = position()};
        if (depth > deepestToml)
            refuse("values are nested deeper than " + std::to_string(deepestToml) + " levels");
        else if (here() == '"' || here() == '\'')
            readString(node);
        else if (here() == '[')
            readArray(node, depth);
        else if (here() == '{')
            readInlineTable(node, depth);
        else
            readWord(node);
        return node;
    }

    void readArray(YamlNode& node, int depth) {
        node.kind = Kind::List;
        ++at_;
        for (skipLines(); !broken() && here() != ']'; skipLines()) {
            node.items.push_back(readValue(depth + 1));
            skipLines();
            if (broken() || here() == ']') break;
            if (here() != ',') return refuse("expected , or ]; got " + rest());
            ++at_;
        }
        if (!broken()) ++at_;
    }

    void readInlineTable(YamlNode& node, int depth) {
        node.kind = Kind::Map;
        ++at_;
        skipBlanks();
        while (!broken() && here() != '}') {
            readPair(node, depth);
            skipBlanks();
            if (broken() || here() == '}') break;
            if (here() != ',') return refuse("expected , or }; got " + rest());
            ++at_;
            skipBlanks();
        }
        if (!broken()) ++at_;
    }

    void readString(YamlNode& node) {
        node.kind = Kind::Scalar;
        node.quoted = true;
        const char quote = here();
        const bool literal = quote == '\'';
        const std::string many(3, quote);
        const bool lines = startsWith(many);
        at_ += lines ? 3 : 1;
        if (lines && here() == '\n') ++at_;
        while (!broken()) {
            if (ended() || (!lines && here() == '\n'))
                return refuse(std::string("a text that does not end; close it with ") + quote);
            if (lines ? startsWith(many) : here() == quote) break;
            if (here() == '\\' && !literal) {
                ++at_;
                readEscape(node.text, lines);
            } else {
                node.text += here();
                ++at_;
            }
        }
        if (!broken()) at_ += lines ? 3 : 1;
    }

    void readEscape(std::string& text, bool lines) {
        constexpr std::string_view letters = "\"\\bfnrt";
        constexpr std::string_view meanings = "\"\\\b\f\n\r\t";
        const char c = here();
        if (lines && (c == '\n' || c == ' ' || c == '\t')) {
            while (!ended() && (here() == ' ' || here() == '\t' || here() == '\n')) ++at_;
            return;
        }
        if (c == 'u' || c == 'U') return readCodePoint(text, c == 'u' ? 4 : 8);
        const std::size_t letter = ended() ? std::string_view::npos : letters.find(c);
        if (letter == std::string_view::npos) return refuse("an unknown escape; got " + rest());
        text += meanings[letter];
        ++at_;
    }

    void readCodePoint(std::string& text, int digits) {
        ++at_;
        std::uint32_t code = 0;
        for (int i = 0; i < digits; ++i, ++at_) {
            constexpr std::string_view hex = "0123456789abcdef";
            const char c = here() >= 'A' && here() <= 'F' ? static_cast<char>(here() + 32) : here();
            const std::size_t value = ended() ? std::string_view::npos : hex.find(c);
            if (value == std::string_view::npos)
                return refuse("expected " + std::to_string(digits) + " hexadecimal digits; got " +
                              rest());
            code = code * 16 + static_cast<std::uint32_t>(value);
        }
        const bool character = code < 0x110000 && !(code >= 0xd800 && code < 0xe000) && code > 31;
        if (!character) return refuse("an escape that is no character");
        appendCode(text, code);
    }

    // A number, true, false or a date.
    void readWord(YamlNode& node) {
        constexpr std::string_view delimiters = " \t\n,]}#";
        const std::size_t begin = at_;
        at_ = std::min(text_.find_first_of(delimiters, begin), text_.size());
        node.kind = Kind::Scalar;
        node.text = text_.substr(begin, at_ - begin);
        const bool value =
            node.text == "true" || node.text == "false" ||
            (!node.text.empty() &&
             std::string_view("+-0123456789in").find(node.text[0]) != std::string_view::npos &&
             std::ranges::none_of(node.text, [](char c) {
                 return c == '"' || c == '\'' || c == '=' || c == '[' || c == '{';
             }));
        if (value) return;
        at_ = begin;
        refuse("expected a value; got " + rest());
    }

    SourceText source_;
    std::string_view text_;  // of source_
    std::size_t at_ = 0;
    YamlReading reading_;
};

}  // namespace

YamlReading readToml(std::string_view text) { return TomlParser(text).read(); }

}  // namespace ringscope
