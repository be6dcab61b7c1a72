// Other systems' names for modes, and what they are called here.
//
// An experiment file may still use an alias of a mode; it is read as the mode, with a warning that
// names the spelling to use.
#pragma once

#include "backend/config/file_presets.h"

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct ModeAlias {
    std::string_view old;       // "zigzag-ring"
    std::string_view now;       // a choice of parallel.mode
    std::string_view meaning;   // who calls it so, and what it does there
    std::string_view preset{};  // of a file (file_presets.h) that it also means; empty: none
    // Fields that it also sets; no path: none.
    std::array<PresetValue, 2> also{};
    // The old class of this name gathered all keys and values on every rank, as mode legacy does.
    bool wasLegacy = false;

    // All of these fields, the preset's among them.
    std::vector<PresetValue> implied() const;
};

std::span<const ModeAlias> modeAliases();
const ModeAlias* findModeAlias(std::string_view name);  // in any case of letters

// "'zigzag-ring' is an old name; write zigzag"; with other fields "…; write ulysses and
// memory.preset alst"
std::string modeAliasWarning(const ModeAlias& alias);

}  // namespace ringscope
