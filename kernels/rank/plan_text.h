// A rank's plan, from the configuration it was sent.
#pragma once

#include "backend/core/result.h"
#include "backend/plan/run_plan.h"

#include <string>

namespace ringscope {

// `configYaml`: an experiment file with one run, for `world` ranks.
Result<RunPlan> readPlan(const std::string& configYaml, int world);

}  // namespace ringscope
