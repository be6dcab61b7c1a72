// Which runs are repeats of each other, in which settings the groups differ, and their figures.
#pragma once

#include "backend/compare/comparison.h"

#include <string>
#include <vector>

namespace ringscope {

// All repeats of one configuration, in the order given. Points into the caller's records.
struct Repeats {
    std::vector<const RunRecord*> runs;         // never empty
    std::vector<const RunRecord*> continued{};  // by one of `runs`: the two are one training

    const RunRecord& first() const { return *runs.front(); }
    const RunConfig& config() const { return first().config; }
    bool markedBaseline() const;
    std::string device() const;  // empty where no run has reached one
};

// Runs whose configurations and devices are equal belong together; groups in order of first
// appearance.
std::vector<Repeats> groupRepeats(const std::vector<RunRecord>& runs);

// The fields besides the mode in which the groups differ, in field table order. Model sizes are
// left out where the preset's name says them all.
std::vector<SettingDifference> differingSettings(const std::vector<Repeats>& groups);

// Figures of one group; its labels left empty.
RunGroup summarise(const Repeats& repeats);

}  // namespace ringscope
