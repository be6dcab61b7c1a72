// The groups of collective operations as the ranks that are played see them.
#pragma once

#include "backend/machine/machine.h"
#include "backend/simulate/simulator.h"

#include <vector>

namespace ringscope {

// What an operation of a group does at a level of links.
struct GroupLevel {
    int level = 0;
    double share = 0;  // of the sent bytes
    int hops = 0;      // of a tree
};

struct PlayedGroup {
    int number = 0;              // groups that are one have the same
    std::vector<int> members{};  // of the played ranks
    std::vector<GroupLevel> levels{};
    std::vector<GroupLevel> allToAllLevels{};
    int first = -1;  // its lowest rank, as traces name it; -1: all ranks of the run
};

struct PlayedGroups {
    std::vector<std::vector<PlayedGroup>> ofRanks{};  // as their tapes number them
    int count = 0;                                    // of different ones
};

PlayedGroups playedGroups(const SimulatedRanks& ranks, const Machine& machine);

}  // namespace ringscope
