// Which libraries a program will load, and from where: what the system's loader says.
#pragma once

#include "backend/core/result.h"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace ringscope {

// By name: "libcupti.so.13" -> its path, empty where the loader does not find it. Fails where the
// program or `ldd` is not there.
Result<std::map<std::string, std::string>> librariesOf(const std::filesystem::path& program);

// The same from the text of ldd.
std::map<std::string, std::string> librariesIn(std::string_view lddText);

}  // namespace ringscope
