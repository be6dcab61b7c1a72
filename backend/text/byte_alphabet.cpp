#include "backend/text/byte_alphabet.h"

#include "backend/text/utf8.h"

#include <array>

namespace ringscope {
namespace {

constexpr char32_t firstStandIn = 0x100;
constexpr std::size_t standIns = 68;

constexpr bool standsForItself(unsigned byte) {
    return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

struct ByteAlphabet {
    std::array<std::string, 256> characters{};
    std::array<unsigned char, standIns> bytes{};  // of U+0100 and up

    ByteAlphabet() {
        std::size_t next = 0;
        for (unsigned byte = 0; byte < 256; ++byte) {
            const bool itself = standsForItself(byte);
            appendCharacter(characters[byte],
                            itself ? char32_t{byte} : firstStandIn + static_cast<char32_t>(next));
            if (!itself) bytes[next++] = static_cast<unsigned char>(byte);
        }
    }
};

const ByteAlphabet& byteAlphabet() {
    static const ByteAlphabet alphabet;
    return alphabet;
}

}  // namespace

const std::string& characterOfByte(unsigned char byte) { return byteAlphabet().characters[byte]; }

std::optional<unsigned char> byteOfCharacter(char32_t character) {
    if (character < 0x100) {
        if (!standsForItself(static_cast<unsigned>(character))) return std::nullopt;
        return static_cast<unsigned char>(character);
    }
    const std::size_t index = character - firstStandIn;
    if (index >= standIns) return std::nullopt;
    return byteAlphabet().bytes[index];
}

std::string bytesAsCharacters(std::string_view bytes) {
    std::string characters;
    characters.reserve(bytes.size() + bytes.size() / 4);
    for (const char byte : bytes) characters += characterOfByte(static_cast<unsigned char>(byte));
    return characters;
}

std::optional<std::string> charactersAsBytes(std::string_view characters) {
    std::string bytes;
    for (std::size_t at = 0; at < characters.size();) {
        const Character character = characterAt(characters, at);
        const std::optional<unsigned char> byte = byteOfCharacter(character.value);
        if (!byte) return std::nullopt;
        bytes += static_cast<char>(*byte);
        at += character.bytes;
    }
    return bytes;
}

}  // namespace ringscope
