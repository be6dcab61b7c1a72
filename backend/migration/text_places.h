// Where in a file's raw bytes a position of its reader stands: a byte order mark and \r\n count.
#pragma once

#include "backend/config/source_text.h"

#include <cstddef>
#include <optional>
#include <string_view>

namespace ringscope {

std::optional<std::size_t> byteAtPosition(std::string_view raw, TextPosition wanted);

}  // namespace ringscope
