#include "backend/text/utf8.h"

#include <bit>
#include <cstdint>
#include <cstring>

namespace ringscope {
namespace {

unsigned char byteAt(std::string_view text, std::size_t at) {
    return static_cast<unsigned char>(text[at]);
}

// Bytes of the character that this one begins; 1 where it begins none.
std::size_t announcedBytes(unsigned char first) {
    if (first >= 0xc2 && first <= 0xdf) return 2;
    if (first >= 0xe0 && first <= 0xef) return 3;
    if (first >= 0xf0 && first <= 0xf4) return 4;
    return 1;
}

// Whether `second` may follow `first`: no overlong forms, no surrogates, nothing above U+10FFFF.
bool mayFollow(unsigned char first, unsigned char second) {
    const unsigned char least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned char most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    return second >= least && second <= most;
}

// Bytes of the longest beginning of a character at `at`, and whether it is a whole one.
struct Beginning {
    std::size_t bytes = 1;
    bool whole = false;
};

Beginning beginningAt(std::string_view text, std::size_t at) {
    const unsigned char first = byteAt(text, at);
    if (first < 0x80) return {1, true};
    const std::size_t wanted = announcedBytes(first);
    if (wanted == 1) return {1, false};
    std::size_t bytes = 1;
    while (bytes < wanted && at + bytes < text.size()) {
        const unsigned char next = byteAt(text, at + bytes);
        if (bytes == 1 ? !mayFollow(first, next) : (next & 0xc0U) != 0x80U) break;
        ++bytes;
    }
    return {bytes, bytes == wanted};
}

std::size_t skipAscii(std::string_view text, std::size_t at) {
    while (at + 8 <= text.size()) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, text.data() + at, 8);
        if ((eight & 0x8080808080808080U) != 0) break;
        at += 8;
    }
    while (at < text.size() && byteAt(text, at) < 0x80) ++at;
    return at;
}

}  // namespace

Character characterAt(std::string_view text, std::size_t at) {
    const unsigned char first = byteAt(text, at);
    if (first < 0x80) return {first, 1};
    const Beginning beginning = beginningAt(text, at);
    if (!beginning.whole) return {strayBytes + first, 1};
    char32_t value = first & (0xffU >> (beginning.bytes + 1));
    for (std::size_t i = 1; i < beginning.bytes; ++i)
        value = value << 6 | (byteAt(text, at + i) & 0x3fU);
    return {value, beginning.bytes};
}

void appendCharacter(std::string& text, char32_t character) {
    const auto byte = [&text](char32_t value) { text += static_cast<char>(value); };
    if (isStray(character)) {
        byte(character - strayBytes);
    } else if (character < 0x80) {
        byte(character);
    } else if (character < 0x800) {
        byte(0xc0 | character >> 6);
        byte(0x80 | (character & 0x3f));
    } else if (character < 0x10000) {
        byte(0xe0 | character >> 12);
        byte(0x80 | (character >> 6 & 0x3f));
        byte(0x80 | (character & 0x3f));
    } else {
        byte(0xf0 | character >> 18);
        byte(0x80 | (character >> 12 & 0x3f));
        byte(0x80 | (character >> 6 & 0x3f));
        byte(0x80 | (character & 0x3f));
    }
}

std::size_t countCharacters(std::string_view text) {
    std::size_t count = 0;
    forEachCharacter(text, [&count](char32_t, TextRange) { ++count; });
    return count;
}

bool isWellFormed(std::string_view text) {
    for (std::size_t at = skipAscii(text, 0); at < text.size(); at = skipAscii(text, at)) {
        const Beginning beginning = beginningAt(text, at);
        if (!beginning.whole) return false;
        at += beginning.bytes;
    }
    return true;
}

std::size_t endOfBeginning(std::string_view text, std::size_t at) {
    return at + beginningAt(text, at).bytes;
}

std::string wellFormed(std::string_view text) {
    std::string replaced;
    replaced.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const Beginning beginning = beginningAt(text, at);
        if (beginning.whole)
            replaced += text.substr(at, beginning.bytes);
        else
            replaced += "\xEF\xBF\xBD";
        at += beginning.bytes;
    }
    return replaced;
}

}  // namespace ringscope
