// What the choices of a migration cost by the plan: what a rank holds at most, what it sends in a
// step, how long a step takes on a machine that may not be here.
#pragma once

#include "backend/machine/machine.h"
#include "backend/migration/migration.h"

#include <string>
#include <string_view>

namespace ringscope {

// On which steps are predicted where nobody names a machine: most of the configurations that are
// migrated were written for such hosts.
inline constexpr std::string_view usualMachine = "h100-8x";

// Adds the costs of the experiment, of the old way, of the options of a decision with few of them
// (else of the chosen one), and of dropped and dangerous keys whose consequence follows from the
// plan. What cannot be planned has none.
// `answers` are those that `migration` was made with. Takes as long as planning every option.
void addCosts(const MigrationInput& input, const MigrationAnswers& answers, const Machine& machine,
              Migration& migration);

// "on h100-8x a peak of 21.4 GiB a rank, 3.20 GiB sent a step, 1.20 s a step"; the peak is of
// tensors, as `plan memory --machine` and `plan time` say it.
std::string costWords(const PlannedCost& cost, const std::string& machine);

// What `other` takes more or less than `here`: "peak 3.10 GiB higher a rank, 2.3 x the bytes sent";
// empty where both take the same.
std::string costDifference(const PlannedCost& here, const PlannedCost& other);

}  // namespace ringscope
