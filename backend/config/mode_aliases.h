// Other systems' names for modes, and what they are called here.
//
// An experiment file may still use an alias of a mode; it is read as the mode, with a warning that
// names the spelling to use.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ringscope {

struct ModeAlias {
    std::string_view old;       // "zigzag-ring"
    std::string_view now;       // a choice of parallel.mode
    std::string_view meaning;   // who calls it so, and what it does there
    std::string_view preset{};  // of memory.preset, that it also means; empty: none
};

std::span<const ModeAlias> modeAliases();
const ModeAlias* findModeAlias(std::string_view name);  // in any case of letters

// "'zigzag-ring' is an old name; write zigzag"; with a preset "…; write ulysses and memory.preset
// alst"
std::string modeAliasWarning(const ModeAlias& alias);

}  // namespace ringscope
