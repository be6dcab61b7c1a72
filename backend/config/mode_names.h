// The names of the modes. The choices of parallel.mode, the rows of plan's mode table and the
// aliases take their spelling from here.
#pragma once

#include <array>
#include <string_view>

namespace ringscope {

namespace modenames {
inline constexpr std::string_view none = "none";
inline constexpr std::string_view legacy = "legacy";
inline constexpr std::string_view ring = "ring";
inline constexpr std::string_view zigzag = "zigzag";
inline constexpr std::string_view striped = "striped";
inline constexpr std::string_view ulysses = "ulysses";
inline constexpr std::string_view usp = "usp";
inline constexpr std::string_view llama3 = "llama3";
inline constexpr std::string_view ringAllgather = "ring-allgather";
inline constexpr std::string_view doubleRing = "double-ring";
inline constexpr std::string_view dilatedRing = "dilated-ring";
inline constexpr std::string_view dilatedGather = "dilated-gather";
inline constexpr std::string_view neededBlocks = "needed-blocks";

inline constexpr std::string_view automatic = "auto";  // no mode: the planner chooses one
}  // namespace modenames

// In the order in which they are shown.
inline constexpr std::array modeChoices = {
    modenames::none,        modenames::legacy,      modenames::ring,
    modenames::zigzag,      modenames::striped,     modenames::ulysses,
    modenames::usp,         modenames::llama3,      modenames::ringAllgather,
    modenames::doubleRing,  modenames::dilatedRing, modenames::dilatedGather,
    modenames::neededBlocks};

}  // namespace ringscope
