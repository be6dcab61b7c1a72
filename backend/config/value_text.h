// Values as plain text, the way a user types them on a command line: read strictly, written so that
// reading gives the same value back.
#pragma once

#include "backend/config/run_config.h"
#include "backend/core/plain_text.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

// "[3, 6]" or "3, 6": any two integers.
std::optional<StepRange> parseStepRange(std::string_view text);
std::string formatStepRange(const StepRange& range);

// "[a, b]", "a, b", "[]". Nothing where an item is empty or holds a space or a bracket.
std::optional<std::vector<std::string>> parseTextList(std::string_view text);
std::string formatTextList(const std::vector<std::string>& items);

// "[0, 3]", "0, 3", "[]": any integers.
std::optional<std::vector<std::int64_t>> parseIntegerList(std::string_view text);
std::string formatIntegerList(const std::vector<std::int64_t>& numbers);

// "[1.0, 1.5]", "[]": any finite numbers.
std::optional<std::vector<double>> parseRealList(std::string_view text);
std::string formatRealList(const std::vector<double>& numbers);

// Exact, in the largest unit that divides it: "1GiB", "1536MiB", "1000".
std::string formatSize(Bytes bytes);

}  // namespace ringscope
