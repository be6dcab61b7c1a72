// SHA-256 (FIPS 180-4) of bytes and files, as sha256sum prints it.
#pragma once

#include "backend/core/result.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace ringscope {

std::string sha256(std::string_view bytes);  // 64 lower-case hexadecimal digits
Result<std::string> sha256OfFile(const std::filesystem::path& path);

}  // namespace ringscope
