#include "backend/plan/run_plan.h"

#include "backend/core/text.h"
#include "backend/plan/mode_table.h"

#include <algorithm>

namespace ringscope {
namespace {

int elementBytes(const RunConfig& config) { return config.train.precision == "fp64" ? 8 : 4; }

// Settings that this version accepts in a file and cannot honour. Running on without them would
// train another model, so each is a refusal.
std::vector<std::string> unsupportedSettings(const RunConfig& config) {
    std::vector<std::string> reasons;
    const auto refuse = [&](bool unsupported, const std::string& reason) {
        if (unsupported) reasons.push_back(reason);
    };
    refuse(config.train.precision != "fp32" && config.train.precision != "fp64",
           "train.precision " + config.train.precision + " is not supported; use fp32 or fp64");
    refuse(config.attention.window.has_value(),
           "attention.window is not supported by any mode; set it to null");
    refuse(config.attention.dropout != 0,
           "attention.dropout is not supported by any mode; set it to 0");
    refuse(config.attention.softcap.has_value(),
           "attention.softcap is not supported by any mode; set it to null");
    refuse(config.attention.alibi, "attention.alibi is not supported by any mode; set it to false");
    refuse(config.data.packing, "data.packing is not supported by any mode; set it to false");
    refuse(config.parallel.dp != 1,
           "parallel.dp is not supported; got " + std::to_string(config.parallel.dp) + ", use 1");
    refuse(config.parallel.ulysses != 1, "parallel.ulysses is not used by mode " +
                                             config.parallel.mode + "; got " +
                                             std::to_string(config.parallel.ulysses) + ", use 1");
    refuse(config.launch.transport != "local",
           "launch.transport " + config.launch.transport + " is not supported; use local");
    refuse(!config.launch.hosts.empty(),
           "launch.hosts is only for transports that reach other hosts; set it to []");
    return reasons;
}

std::vector<std::string> notes(const RunConfig& config, const Mode& mode) {
    std::vector<std::string> notes;
    if (!mode.sharded && config.parallel.sp != 1)
        notes.push_back("mode " + std::string(mode.name) + " runs on one rank; parallel.sp = " +
                        std::to_string(config.parallel.sp) + " is not used");
    if (config.profile.steps && config.profile.steps->end > config.train.steps)
        notes.push_back("profile.steps ends at " + std::to_string(config.profile.steps->end) +
                        ", after the last of " + std::to_string(config.train.steps) + " steps");
    return notes;
}

AttentionShape attentionShape(const RunConfig& config, int ranks) {
    return {.ranks = ranks,
            .batch = config.train.batch,
            .tokens = config.train.seqLen,
            .heads = config.model.heads,
            .kvHeads = config.model.kvHeads,
            .headDim = config.model.headDim(),
            .causal = config.attention.causal,
            .elementBytes = elementBytes(config),
            .gradientAccumulatorBytes = std::max(4, elementBytes(config))};
}

std::int64_t busiestRankBytes(const Schedule& schedule) {
    std::int64_t most = 0;
    for (std::size_t rank = 0; rank < schedule.ranks.size(); ++rank)
        most = std::max(most, sentBytes(schedule, static_cast<int>(rank)));
    return most;
}

std::int64_t largestStepMessages(const Schedule& schedule) {
    std::int64_t most = 0;
    for (const RankSchedule& rank : schedule.ranks) {
        for (const std::vector<Step>* pass : {&rank.forward, &rank.backward}) {
            for (const Step& step : *pass) {
                std::int64_t bytes = 0;
                for (const Transfer& transfer : step.transfers)
                    bytes += transfer.sentBytes + transfer.receivedBytes;
                most = std::max(most, bytes);
            }
        }
    }
    return most;
}

// 2 FLOPs per multiply-add, the backward pass twice the forward one; attention, whose backward pass
// recomputes the scores, 2.5 times.
double modelFlops(const RunConfig& config, const Schedule& schedule) {
    const ModelConfig& model = config.model;
    const double tokens = static_cast<double>(config.train.seqLen * config.train.batch);
    const std::int64_t norms = (2 * model.layers + 1) * model.hiddenSize;
    const std::int64_t lookup = model.tiedHead ? 0 : model.vocabSize * model.hiddenSize;
    const double multiplied = static_cast<double>(parameterCount(model) - norms - lookup);

    double pairs = 0;
    for (std::size_t rank = 0; rank < schedule.ranks.size(); ++rank)
        pairs += static_cast<double>(attendedPairs(schedule, static_cast<int>(rank)) *
                                     schedule.headsPerRank);
    const double attention = 4 * pairs * static_cast<double>(model.headDim() * model.layers) *
                             static_cast<double>(config.train.batch);
    return static_cast<double>(config.train.gradAccum) *
           (6 * multiplied * tokens + 3.5 * attention);
}

Error refusal(const std::vector<std::string>& reasons) {
    return {ErrorCode::InvalidConfig, join(reasons, "; ")};
}

}  // namespace

std::int64_t parameterCount(const ModelConfig& model) {
    const std::int64_t hidden = model.hiddenSize;
    const std::int64_t kvSize = model.kvHeads * model.headDim();
    const std::int64_t attention = 2 * hidden * hidden + 2 * hidden * kvSize;
    const std::int64_t feedForward = 3 * hidden * model.ffnSize;
    const std::int64_t layer = attention + feedForward + 2 * hidden;
    const std::int64_t embeddings = (model.tiedHead ? 1 : 2) * model.vocabSize * hidden;
    return embeddings + model.layers * layer + hidden;
}

std::int64_t gradientSliceElements(std::int64_t parameters, int ranks) {
    return (parameters + ranks - 1) / ranks;
}

Result<RunPlan> planRun(const RunConfig& config) {
    const Mode* mode = findMode(config.parallel.mode);
    if (mode == nullptr)
        return Error{ErrorCode::InvalidConfig, "there is no mode '" + config.parallel.mode +
                                                   "'; known: " + join(modeNames(), ", ")};
    std::vector<std::string> reasons = unsupportedSettings(config);

    RunPlan plan{.config = config};
    plan.ranks = mode->sharded ? static_cast<int>(config.parallel.sp * config.parallel.dp) : 1;
    plan.attention = attentionShape(config, plan.ranks);
    Result<Schedule> schedule = mode->schedule(plan.attention);
    if (!schedule.ok()) {
        reasons.push_back(schedule.error().message);
        return refusal(reasons);
    }
    plan.schedule = std::move(schedule).value();
    plan.commBufferBytes = largestStepMessages(plan.schedule);
    if (plan.commBufferBytes > config.parallel.commBufferLimit.count)
        reasons.push_back(config.parallel.mode + " needs " + formatBytes({plan.commBufferBytes}) +
                          " for one step's messages, more than parallel.comm_buffer_limit (" +
                          formatBytes(config.parallel.commBufferLimit) + ")");
    if (!reasons.empty()) return refusal(reasons);

    const std::int64_t layerPasses = config.model.layers * config.train.gradAccum;
    plan.parameters = parameterCount(config.model);
    plan.attentionBytesPerStep = busiestRankBytes(plan.schedule) * layerPasses;
    // Reduce-scatter, then all-gather: each sends every slice but the rank's own once.
    plan.gradientBytesPerStep = 2 * (plan.ranks - 1) *
                                gradientSliceElements(plan.parameters, plan.ranks) *
                                elementBytes(config);
    plan.flopsPerStep = modelFlops(config, plan.schedule);
    plan.notes = notes(config, *mode);
    return plan;
}

}  // namespace ringscope
