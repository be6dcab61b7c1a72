// Text as characters. Any bytes can be read: a byte that is part of no character of UTF-8 is a
// character of its own, and is written back as the byte it was.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ringscope {

struct TextRange {
    std::size_t begin = 0;  // first byte
    std::size_t end = 0;    // one past the last

    std::size_t size() const { return end - begin; }
    bool operator==(const TextRange&) const = default;
};

inline std::string_view slice(std::string_view text, TextRange range) {
    return text.substr(range.begin, range.size());
}

// A byte that is part of no character has this value and its own added up.
inline constexpr char32_t strayBytes = 0x110000;
inline bool isStray(char32_t character) { return character >= strayBytes; }

struct Character {
    char32_t value = 0;
    std::size_t bytes = 1;
};

// `at` is less than the size of the text.
Character characterAt(std::string_view text, std::size_t at);

void appendCharacter(std::string& text, char32_t character);
std::size_t countCharacters(std::string_view text);

// Whether all of it is UTF-8.
bool isWellFormed(std::string_view text);

// UTF-8 with U+FFFD in place of what is none: one for each longest beginning of a character, as
// Unicode recommends and Python's errors="replace" does.
std::string wellFormed(std::string_view text);

// One past the character at `at`, or past the longest beginning of one, which wellFormed()
// replaces.
std::size_t endOfBeginning(std::string_view text, std::size_t at);

// Calls `visit(character, range)` for each character.
template <typename Visit>
void forEachCharacter(std::string_view text, Visit visit) {
    for (std::size_t at = 0; at < text.size();) {
        const Character character = characterAt(text, at);
        visit(character.value, TextRange{at, at + character.bytes});
        at += character.bytes;
    }
}

}  // namespace ringscope
