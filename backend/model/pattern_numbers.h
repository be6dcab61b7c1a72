// The numbers of a block-sparse pattern that are 0 where a part of it is not asked for.
#pragma once

#include "backend/model/pattern_config.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace ringscope {

struct PatternNumber {
    std::string_view name;  // of attention.pattern.*
    std::int64_t PatternConfig::*member;
    std::int64_t most;
};

inline constexpr std::int64_t mostPatternTokens = std::int64_t{1} << 26;
inline constexpr std::int64_t mostPatternBlocks = std::int64_t{1} << 20;

inline constexpr std::array patternNumbers = {
    PatternNumber{"local", &PatternConfig::local, mostPatternBlocks},
    PatternNumber{"stride", &PatternConfig::stride, mostPatternBlocks},
    PatternNumber{"levels", &PatternConfig::levels, 30},
    PatternNumber{"global", &PatternConfig::globalTokens, mostPatternTokens},
    PatternNumber{"top_k", &PatternConfig::topK, mostPatternBlocks}};

}  // namespace ringscope
