// Which runs are repeats of each other, and in which settings the groups differ.
#pragma once

#include "backend/compare/comparison.h"

#include <string>
#include <vector>

namespace ringscope {

// All repeats of one configuration, in the order given. Points into the caller's records.
struct Repeats {
    std::vector<const RunRecord*> runs;  // never empty

    const RunRecord& first() const { return *runs.front(); }
    const RunConfig& config() const { return first().config; }
    bool markedBaseline() const;
};

// Runs whose configurations are equal belong together; groups in order of first appearance.
std::vector<Repeats> groupRepeats(const std::vector<const RunRecord*>& runs);

// The fields besides the mode in which the groups differ, in field table order. Model sizes are
// left out where the preset's name says them all.
std::vector<SettingDifference> differingSettings(const std::vector<Repeats>& groups);

// "zigzag seq_len=8192 sp=4": the mode and the group's values of `differences`. A field is named by
// its last word where no other field ends in it.
std::string groupLabel(const std::vector<Repeats>& groups, std::size_t index,
                       const std::vector<SettingDifference>& differences);

// Figures of one group; label left empty.
RunGroup summarise(const Repeats& repeats);

}  // namespace ringscope
