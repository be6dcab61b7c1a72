// Numbers and words as a user types them: read strictly, shown safely.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ringscope {

// "4096", "-3", "1_000". Nothing where the text is anything else or does not fit.
std::optional<std::int64_t> parseInteger(std::string_view text);

// "0.001", "1e-3", "5". Finite numbers only.
std::optional<double> parseReal(std::string_view text);
// The fewest digits that read back as exactly this number, as people write it: "500000", "0.0003",
// "1e-5". There is no exponent from 1e-4 to 1e15.
std::string formatReal(double value);

// The place of the first byte that one line of UTF-8 text must not have: a control character, tabs
// and newlines among them, or a broken sequence. The text's size where there is none.
std::size_t firstUnprintable(std::string_view text);
inline bool isPrintable(std::string_view text) { return firstUnprintable(text) == text.size(); }

// The text in quotes for a message: long ones are cut, what cannot be printed becomes '?'.
std::string shown(std::string_view text);

}  // namespace ringscope
