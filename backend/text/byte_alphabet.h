// The 256 characters that byte-level tokenizers write bytes as: printable ones for themselves, the
// other 68 as U+0100 and up.
//
//     'a' -> "a"    ' ' -> "Ġ" (U+0120)    '\n' -> "Ċ" (U+010A)
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ringscope {

// The character of a byte, as UTF-8.
const std::string& characterOfByte(unsigned char byte);

// Nothing where the character stands for no byte.
std::optional<unsigned char> byteOfCharacter(char32_t character);

std::string bytesAsCharacters(std::string_view bytes);

// Nothing where one of the characters stands for no byte.
std::optional<std::string> charactersAsBytes(std::string_view characters);

}  // namespace ringscope
