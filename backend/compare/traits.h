// What tells the compared groups of runs from each other besides the mode, in few words.
//
//     model  length  ranks        "zigzag preset=tiny seq_len=2048 ranks=4"     a group's label
//     nano   1024    2            "tiny, 2,048 tokens, 4 ranks"                 a section's title
//     tiny   2048    4            "the runs differ in model (nano, tiny), …"    a sentence
#pragma once

#include "backend/compare/grouping.h"

#include <cstddef>
#include <string>
#include <vector>

namespace ringscope {

// One setting, or fact of the runs, in which the groups differ.
struct Trait {
    TraitKind kind = TraitKind::Other;
    std::string path;                 // "train.seq_len"
    std::string name;                 // "seq_len": its last word where no other field ends in it
    std::vector<std::string> values;  // one a group, in their order
    bool always = true;               // else only where groups or sections are not told apart else

    std::string spelled(std::size_t group) const;  // "seq_len=2048"
    std::string words(std::size_t group) const;    // "2,048 tokens"
};

// Groups that are shown together: one computation, on one kind of device and equally many ranks.
// An unsharded group, which has one rank whatever the others have, stands with the fewest.
using GroupSet = std::vector<std::size_t>;

// In order of length and ranks; other computations in order of appearance.
std::vector<GroupSet> groupsInSections(const std::vector<Repeats>& groups);

// Those in which the groups differ, the most telling first; what is not needed to tell all groups,
// and all sections, apart is left out, but for model, data, length, precision, ranks and device.
std::vector<Trait> tellingTraits(const std::vector<Repeats>& groups,
                                 const std::vector<SettingDifference>& differences,
                                 const std::vector<GroupSet>& sections);

// Whether all groups of the section have one value; of ranks, the unsharded ones left out.
bool isShared(const Trait& trait, const GroupSet& section, const std::vector<Repeats>& groups);

// A group of the section whose value is that of the section.
std::size_t spokesman(const GroupSet& section, const std::vector<Repeats>& groups);

// "the runs differ in model (nano, tiny), length (1,024 to 8,192 tokens) and ranks (2, 4)"; empty
// where they differ in nothing that limits what is said of them together.
std::string unlikeSentence(const std::vector<Trait>& traits, const std::vector<Repeats>& groups);

}  // namespace ringscope
