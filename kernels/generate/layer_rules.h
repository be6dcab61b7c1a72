// How the layers of a model that generates attend, from its configuration and its parameters.
#pragma once

#include "backend/config/run_config.h"
#include "kernels/attention/sinks.h"
#include "kernels/block/score_rules.h"
#include "kernels/model/parameters.h"

namespace ringscope {

ScoreRules scoreRulesOf(const RunConfig& config);

// Of a layer; without values where it has none.
Sinks sinksOf(const Parameters& parameters, int layer);

}  // namespace ringscope
