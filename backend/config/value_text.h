// Values as plain text, the way a user types them on a command line: read strictly, written so that
// reading gives the same value back.
#pragma once

#include "backend/config/run_config.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

// "4096", "-3", "1_000". Nothing where the text is anything else or does not fit.
std::optional<std::int64_t> parseInteger(std::string_view text);

// "0.001", "1e-3", "5". Finite numbers only.
std::optional<double> parseReal(std::string_view text);
// The shortest text that reads back as exactly this number.
std::string formatReal(double value);

// "[3, 6]" or "3, 6": any two integers.
std::optional<StepRange> parseStepRange(std::string_view text);
std::string formatStepRange(const StepRange& range);

// "[a, b]", "a, b", "[]". Nothing where an item is empty or holds a space or a bracket.
std::optional<std::vector<std::string>> parseTextList(std::string_view text);
std::string formatTextList(const std::vector<std::string>& items);

// "[0, 3]", "0, 3", "[]": any integers.
std::optional<std::vector<std::int64_t>> parseIntegerList(std::string_view text);
std::string formatIntegerList(const std::vector<std::int64_t>& numbers);

// Exact, in the largest unit that divides it: "1GiB", "1536MiB", "1000".
std::string formatSize(Bytes bytes);

// The place of the first byte that one line of UTF-8 text must not have: a control character, tabs
// and newlines among them, or a broken sequence. The text's size where there is none.
std::size_t firstUnprintable(std::string_view text);
inline bool isPrintable(std::string_view text) { return firstUnprintable(text) == text.size(); }

// The text in quotes for a message: long ones are cut, what cannot be printed becomes '?'.
std::string shown(std::string_view text);

}  // namespace ringscope
