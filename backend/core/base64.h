// Bytes as text that JSON can carry.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ringscope {

std::string toBase64(std::string_view bytes);

// Returns nothing where the text is not Base64 with its padding.
std::optional<std::string> fromBase64(std::string_view text);

}  // namespace ringscope
