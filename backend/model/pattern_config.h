// Which keys a query sees beside what the mask allows: attention.pattern.*, as plain values.
// backend/plan/patterns has what each means.
#pragma once

#include "backend/core/choice.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringscope {

// attention.pattern.kind: every key, LongNet's segments and rates, or blocks of keys.
enum class PatternKind : std::uint8_t { None, Dilated, BlockSparse };
inline constexpr std::array patternKinds = {Choice{PatternKind::None, "none"},
                                            Choice{PatternKind::Dilated, "dilated"},
                                            Choice{PatternKind::BlockSparse, "block_sparse"}};
constexpr const auto& choicesOf(PatternKind /*any*/) { return patternKinds; }
static_assert(inOrder(patternKinds));

// attention.pattern.offsets: the row that a head begins at. Paper: head mod rate; torchscale: by
// blocks of heads.
enum class HeadOffsets : std::uint8_t { Paper, Torchscale };
inline constexpr std::array headOffsets = {Choice{HeadOffsets::Paper, "paper"},
                                           Choice{HeadOffsets::Torchscale, "torchscale"}};
constexpr const auto& choicesOf(HeadOffsets /*any*/) { return headOffsets; }
static_assert(inOrder(headOffsets));

struct PatternConfig {
    PatternKind kind = PatternKind::None;
    // Dilated: a segment's tokens and its rate, branch by branch.
    std::vector<std::int64_t> segments{};
    std::vector<std::int64_t> rates{};
    HeadOffsets offsets = HeadOffsets::Paper;
    bool stopGradient = true;  // none flows through the branches' weights
    // Block-sparse: the union of the parts that are asked for.
    std::int64_t block = 128;           // tokens
    std::int64_t local = 0;             // blocks before a query's own that it sees
    std::int64_t stride = 0;            // every so many blocks one is seen; 0: none
    std::int64_t levels = 0;            // of a hierarchy: fine near, coarse far; 0: none
    std::int64_t globalTokens = 0;      // first tokens that everyone sees
    std::int64_t topK = 0;              // blocks chosen by content, with a query's own; 0: none
    std::optional<std::string> file{};  // .npy: blocks x blocks of 0 and 1
    bool operator==(const PatternConfig&) const = default;
};

}  // namespace ringscope
