#include "backend/plan/run_plan.h"

#include "backend/config/mode_names.h"
#include "backend/core/text.h"
#include "backend/plan/message_fit.h"
#include "backend/plan/mode_table.h"
#include "backend/plan/placement.h"
#include "backend/plan/recording.h"

#include <fmt/format.h>
#include <algorithm>

namespace ringscope {
namespace {

constexpr std::int64_t mostRanks = 1024;

// Whether blocks need neither their tokens nor other rules than a scale.
bool isPlain(const RunConfig& config) {
    const AttentionConfig& attention = config.attention;
    return !attention.window && !attention.windowRight && attention.dropout == 0 &&
           !attention.softcap && !attention.alibi && !config.data.packing;
}

// Settings that this version accepts in a file and cannot honour. Running on without them would
// train another model, so each is a refusal.
std::vector<std::string> unsupportedSettings(const RunConfig& config) {
    std::vector<std::string> reasons;
    const auto refuse = [&](bool unsupported, const std::string& reason) {
        if (unsupported) reasons.push_back(reason);
    };
    refuse(config.profile.cupti == CuptiUse::On && config.launch.device != DeviceChoice::Cuda,
           fmt::format("profile.cupti on needs a GPU and launch.device is {}; use launch.device "
                       "cuda, or profile.cupti auto",
                       nameOf(config.launch.device)));
    refuse(
        config.launch.device == DeviceChoice::Cuda && config.model.headDim() > mostGpuHeadColumns,
        fmt::format("model.hidden_size / model.heads is {} and attention on a GPU takes heads of "
                    "up to {}; use more heads or launch.device cpu",
                    config.model.headDim(), mostGpuHeadColumns));
    return reasons;
}

bool slowsOneOf(const RunConfig& config, int ranks) {
    return config.debug.slowRank && *config.debug.slowRank < ranks;
}

// Settings of two-level modes are kept when another mode is compared with them.
std::vector<std::string> unusedLevels(const RunConfig& config) {
    const ParallelConfig& parallel = config.parallel;
    const ParallelConfig defaults;
    std::vector<std::string> notes;
    const auto note = [&](bool set, std::string_view field, std::string_view user) {
        if (set && parallel.mode != user)
            notes.push_back(
                fmt::format("{} is for mode {}; {} does not use it", field, user, parallel.mode));
    };
    note(parallel.ulysses.value_or(1) != 1, "parallel.ulysses", modenames::usp);
    note(parallel.ulyssesOrder != defaults.ulyssesOrder, "parallel.ulysses_order", modenames::usp);
    note(parallel.innerRing.value_or(1) != 1, "parallel.inner_ring", modenames::doubleRing);
    return notes;
}

// "parallel.dp: 2 groups of 2 ranks, 0–1 and 2–3, train on sequences of their own".
std::string replicaNote(const RunPlan& plan) {
    constexpr int shown = 4;
    const int size = plan.ranks / plan.replicas;
    std::vector<std::string> groups;
    for (int replica = 0; replica < std::min(plan.replicas, shown); ++replica)
        groups.push_back(rankSetText(replicaOf(plan, replica * size)));
    if (plan.replicas > shown)
        groups.push_back("… " + rankSetText(replicaOf(plan, plan.ranks - 1)));
    return fmt::format("parallel.dp: {} groups of {} {} train on sequences of their own: {} {}",
                       plan.replicas, size, size == 1 ? "rank" : "ranks",
                       size == 1 ? "rank" : "ranks", join(groups, ", "));
}

std::vector<std::string> notes(const RunConfig& config, const Mode& mode, const RunPlan& plan) {
    const int ranks = plan.ranks;
    std::vector<std::string> notes = unusedLevels(config);
    if (!plan.schedule.arrangement.empty())
        notes.push_back(fmt::format("{}: {}", mode.name, plan.schedule.arrangement));
    if (!plan.smallerMessages.empty()) notes.push_back(plan.smallerMessages);
    if (!mode.sharded && config.parallel.sp != 1)
        notes.push_back("mode " + std::string(mode.name) + " runs on one rank; parallel.sp = " +
                        std::to_string(config.parallel.sp) + " is not used");
    if (plan.replicas > 1) notes.push_back(replicaNote(plan));
    if (!mode.sharded && config.parallel.dp != 1)
        notes.push_back(fmt::format(
            "mode {} trains on the batches of all {} groups (parallel.dp), one after another",
            mode.name, config.parallel.dp));
    if (slowsOneOf(config, ranks))
        notes.push_back(
            fmt::format("rank {} is held up on purpose, {} ms before each attention "
                        "pass (debug.slow_rank)",
                        *config.debug.slowRank, config.debug.slowMs));
    if (config.attention.causal && config.attention.windowRight)
        notes.push_back("attention.window_right changes nothing while attention.causal is true");
    if (config.data.packing)
        notes.push_back(
            "documents are found when the text is read: FLOPs and the schedule's blocks count "
            "each sequence as one");
    if (config.data.packing && config.train.batch > 1)
        notes.push_back("the end of a paragraph in one of " + std::to_string(config.train.batch) +
                        " sequences ends a document in all of them; train.batch 1 and "
                        "train.grad_accum keep paragraphs whole");
    if (config.profile.steps && config.profile.steps->end > config.train.steps)
        notes.push_back("profile.steps ends at " + std::to_string(config.profile.steps->end) +
                        ", after the last of " + std::to_string(config.train.steps) + " steps");
    if (const std::string recording = recordingNote(plan);
        config.profile.steps && !recording.empty())
        notes.push_back(recording);
    return notes;
}

AttentionShape attentionShape(const RunConfig& config, int ranks) {
    const NumberFormatRow& format = rowOf(config.train.precision);
    return {.ranks = ranks,
            .batch = config.train.batch,
            .tokens = config.train.seqLen,
            .heads = config.model.heads,
            .kvHeads = config.model.kvHeads,
            .headDim = config.model.headDim(),
            .causal = config.attention.causal,
            .ulysses = static_cast<int>(config.parallel.ulysses.value_or(0)),
            .ulyssesInner = config.parallel.ulyssesOrder == UlyssesOrder::Inner,
            .innerRing = static_cast<int>(config.parallel.innerRing.value_or(0)),
            .elementBytes = format.bytes,
            .gradientAccumulatorBytes = format.sumBytes};
}

AttentionMask attentionMask(const RunConfig& config) {
    const AttentionConfig& attention = config.attention;
    return {.causal = attention.causal, .left = attention.window, .right = attention.windowRight};
}

// 2 FLOPs per multiply-add, the backward pass twice the forward one; attention, whose backward pass
// recomputes the scores, 2.5 times.
double modelFlops(const RunConfig& config, const AttentionMask& mask) {
    const ModelConfig& model = config.model;
    const double tokens = static_cast<double>(config.train.seqLen * config.train.batch);
    const std::int64_t norms = (2 * model.layers + 1) * model.hiddenSize;
    const std::int64_t lookup = model.tiedHead ? 0 : model.vocabSize * model.hiddenSize;
    const double multiplied = static_cast<double>(parameterCount(model) - norms - lookup);

    const double pairs = static_cast<double>(visiblePairs(mask, config.train.seqLen));
    const double attention = 4 * pairs *
                             static_cast<double>(model.heads * model.headDim() * model.layers) *
                             static_cast<double>(config.train.batch);
    return static_cast<double>(config.train.gradAccum * config.parallel.dp) *
           (6 * multiplied * tokens + 3.5 * attention);
}

// Reduce-scatter of the gradients, then all-gather of the new values: each sends every slice but
// the rank's own once.
std::int64_t gradientBytes(const RunPlan& plan) {
    const NumberFormatRow& format = rowOf(plan.config.train.precision);
    return (plan.ranks - 1) * gradientSliceElements(plan.parameters, plan.ranks) *
           (format.sumBytes + format.bytes);
}

// Reads the hostfile into launch.hosts, so that every rank knows the same hosts without the file.
Result<void> settleHosts(RunPlan& plan) {
    LaunchConfig& launch = plan.config.launch;
    RINGSCOPE_TRY(const std::vector<HostSpec> hosts, launchHosts(launch));
    RINGSCOPE_CHECK(placeRanks(plan.ranks, hosts));
    if (!launch.hostfile) return {};
    launch.hostfile.reset();
    for (const HostSpec& host : hosts) launch.hosts.push_back(toText(host));
    return {};
}

}  // namespace

RankSet replicaOf(const RunPlan& plan, int rank) {
    const int size = plan.ranks / plan.replicas;
    return {.first = rank / size * size, .count = size};
}

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
    const auto sequenceRanks = mode->sharded ? static_cast<int>(config.parallel.sp) : 1;
    plan.replicas = mode->sharded ? static_cast<int>(config.parallel.dp) : 1;
    plan.ranks = sequenceRanks * plan.replicas;
    plan.microSteps = config.train.gradAccum * config.parallel.dp / plan.replicas;
    if (plan.ranks > mostRanks)
        reasons.push_back(fmt::format(
            "parallel.sp ({}) × parallel.dp ({}) are {} ranks; use at most {}", config.parallel.sp,
            config.parallel.dp, formatCount(plan.ranks), formatCount(mostRanks)));
    if (mode->sharded && config.debug.slowRank && !slowsOneOf(config, plan.ranks))
        reasons.push_back("debug.slow_rank " + std::to_string(*config.debug.slowRank) +
                          " is none of this run's " + std::to_string(plan.ranks) +
                          " ranks; the last is " + std::to_string(plan.ranks - 1));
    ErrorCode code = ErrorCode::InvalidConfig;
    if (Result<void> settled = settleHosts(plan); !settled.ok()) {
        if (reasons.empty()) code = settled.error().code;
        reasons.push_back(settled.error().message);
    }
    plan.attention = attentionShape(config, sequenceRanks);
    std::optional<AttentionMask> mask;
    if (!isPlain(config)) mask = attentionMask(config);
    Result<MessageFit> fit =
        fitMessages(*mode, plan.attention, mask, config.parallel.commBufferLimit);
    if (!fit.ok()) {
        code = ErrorCode::InvalidConfig;
        reasons.push_back(fit.error().message);
    }
    if (!reasons.empty()) return Error{code, join(reasons, "; ")};

    plan.schedule = std::move(fit->schedule);
    plan.commBufferBytes = fit->bufferBytes;
    plan.headTurns = fit->turns;
    if (!fit->plain())
        plan.smallerMessages =
            fmt::format("messages fit parallel.comm_buffer_limit ({}) with {}; buffers take {}",
                        formatBytes(config.parallel.commBufferLimit), fit->text(),
                        formatBytes({fit->bufferBytes}));
    const std::int64_t layerPasses = config.model.layers * plan.microSteps;
    plan.parameters = parameterCount(config.model);
    plan.attentionBytesPerStep = fit->sentBytes * layerPasses;
    plan.gradientBytesPerStep = gradientBytes(plan);
    plan.flopsPerStep = modelFlops(config, attentionMask(config));
    plan.notes = notes(config, *mode, plan);
    return plan;
}

}  // namespace ringscope
