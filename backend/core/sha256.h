// SHA-256 (FIPS 180-4) of bytes and files, as sha256sum prints it, and HMAC (RFC 2104) with it.
#pragma once

#include "backend/core/result.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace ringscope {

std::string sha256(std::string_view bytes);  // 64 lower-case hexadecimal digits
std::string hmacSha256(std::string_view key, std::string_view text);  // 32 bytes
std::string hexadecimal(std::string_view bytes);
Result<std::string> sha256OfFile(const std::filesystem::path& path);

}  // namespace ringscope
