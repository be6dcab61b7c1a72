// What a whole training takes: days, device hours, money, energy, failures and checkpoints.
#pragma once

#include "backend/simulate/prediction.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringscope {

struct TrainingCost {
    Prediction step{};
    std::int64_t tokens = 0;
    std::int64_t steps = 0;
    double computeDays = 0;  // of the steps alone
    double days = 0;         // with checkpoints and what failures lose
    double deviceHours = 0;
    std::optional<double> usd{};
    double kilowattHours = 0;  // of the devices at their limit; hosts and cooling are not in it
    std::optional<double> failures{};
    std::int64_t checkpointBytes = 0;
    double checkpointSeconds = 0;          // to write one, all hosts at once
    std::optional<double> everySeconds{};  // between checkpoints: what loses the least time
    std::optional<double> lostShare{};     // of the time, to checkpoints, failures and their repair
    std::vector<std::string> sentences{};  // the first says whether this can be done
};

// Fails where tokens are fewer than a step has.
Result<TrainingCost> trainingCost(const RunPlan& plan, const Machine& machine, std::int64_t tokens,
                                  const std::string& kernel = {});

}  // namespace ringscope
