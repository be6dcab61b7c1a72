// memory.preset: what fields that nobody set start from, so that a long sequence fits.
#pragma once

#include "backend/config/experiment.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace ringscope {

// The field that names the preset.
inline constexpr std::string_view memoryPresetPath = "memory.preset";

// Rows of a feed-forward's inside, where tiles are wanted and nobody says how large.
inline constexpr std::int64_t usualTileMlp = 512;

// The preset's fields and their values, for this model on these ranks; none without a preset.
//
// alst is Ulysses with what the ALST design puts on top of it. Where the ranks cannot divide the
// heads, it is the mode that then sends the fewest bytes among those that share work evenly: usp
// where groups of ranks can divide the key/value heads, else zigzag. Activations go to the disk:
// host memory is that of a GPU's host alone.
Assignments memoryPresetValues(const RunConfig& config);

// Gives these values to the fields whose origin says that they were written nowhere (see
// Experiment::origins) and that `values` do not name.
void applyMemoryPreset(const std::map<std::string, std::string>& origins, const Assignments& values,
                       RunConfig& config);

// "preset alst": the origin of a value that the preset gave.
std::string memoryPresetOrigin(MemoryPreset preset);

}  // namespace ringscope
