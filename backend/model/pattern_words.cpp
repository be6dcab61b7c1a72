#include "backend/model/pattern_words.h"

#include "backend/model/pattern_numbers.h"

#include <fmt/format.h>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ringscope {
namespace {

std::string dilatedWords(const PatternConfig& pattern) {
    std::string words = "dilated";
    for (std::size_t i = 0; i < std::min(pattern.segments.size(), pattern.rates.size()); ++i)
        words += fmt::format(" {}:{}", pattern.segments[i], pattern.rates[i]);
    if (pattern.offsets != HeadOffsets::Paper) words += fmt::format(" {}", nameOf(pattern.offsets));
    return pattern.stopGradient ? words : words + " exact";
}

std::string blockWords(const PatternConfig& pattern) {
    std::string words;
    for (const PatternNumber& number : patternNumbers) {
        const std::string_view word = number.name.substr(0, number.name.find('_'));  // "top"
        if (pattern.*number.member > 0)
            words += fmt::format("{} {} ", word, pattern.*number.member);
    }
    if (pattern.file) words += *pattern.file + " ";
    return fmt::format("{}of {}", words.empty() ? "own blocks " : words, pattern.block);
}

}  // namespace

std::string patternWords(const PatternConfig& pattern) {
    switch (pattern.kind) {
        case PatternKind::None:
            return "none";
        case PatternKind::Dilated:
            return dilatedWords(pattern);
        case PatternKind::BlockSparse:
            break;
    }
    return blockWords(pattern);
}

}  // namespace ringscope
