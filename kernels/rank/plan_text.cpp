#include "kernels/rank/plan_text.h"

#include "backend/config/experiment.h"

namespace ringscope {

Result<RunPlan> readPlan(const std::string& configYaml, int world) {
    ExperimentSources sources;
    sources.fileName = "run configuration";
    sources.fileText = configYaml;
    const ExperimentReading reading = readExperiment(sources);
    if (!reading.ok()) return Error{ErrorCode::InvalidConfig, reading.problems.front().text()};
    RINGSCOPE_TRY(RunPlan plan, planRun(reading.experiment.base));
    if (plan.ranks != world)
        return Error{ErrorCode::InvalidConfig,
                     "the configuration is for " + std::to_string(plan.ranks) +
                         " ranks, but --world is " + std::to_string(world)};
    return plan;
}

}  // namespace ringscope
