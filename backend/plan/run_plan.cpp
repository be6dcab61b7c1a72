#include "backend/plan/run_plan.h"

#include "backend/config/data_source.h"
#include "backend/config/mode_names.h"
#include "backend/core/rounded.h"
#include "backend/core/text.h"
#include "backend/model/parameter_list.h"
#include "backend/plan/adapter_plan.h"
#include "backend/plan/attention_work.h"
#include "backend/plan/layout_choice.h"
#include "backend/plan/layout_notes.h"
#include "backend/plan/memory_zero.h"
#include "backend/plan/message_fit.h"
#include "backend/plan/mode_choice.h"
#include "backend/plan/mode_table.h"
#include "backend/plan/native_sparse.h"
#include "backend/plan/optimizer_state.h"
#include "backend/plan/patterns/pattern.h"
#include "backend/plan/placement.h"
#include "backend/plan/planned_ranks.h"
#include "backend/plan/recording.h"

#include <fmt/format.h>
#include <algorithm>
#include <iterator>
#include <set>

namespace ringscope {
namespace {

constexpr std::int64_t mostRanks = 1024;

AttentionMask attentionMask(const RunConfig& config, const LayerKind& kind) {
    AttentionMask mask{.causal = config.attention.causal};
    if (!kind.window) return mask;
    mask.left = config.attention.window;
    mask.right = config.attention.windowRight;
    return mask;
}

// Whether blocks need neither their tokens nor other rules than a scale.
bool isPlain(const RunConfig& config, const AttentionMask& mask) {
    const AttentionConfig& attention = config.attention;
    return !mask.left && !mask.right && attention.dropout == 0 && !attention.softcap &&
           !config.usesAlibi() && !keepsDocumentsApart(config) && mask.documents.empty() &&
           attention.pattern.kind == PatternKind::None &&
           config.model.attention != AttentionKind::Nsa;
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

// "4,098 tokens are padded to 4,104, which zigzag cuts into 8 equal parts; …"
std::string paddingNote(const Mode& mode, const RunPlan& plan) {
    return fmt::format(
        "{} tokens are padded to {}, which {} cuts into {} equal parts; padding has no label, is "
        "seen by no token and is not counted in tokens/s",
        formatCount(plan.config.train.seqLen), formatCount(plan.attention.tokens), mode.name,
        sequenceParts(mode, plan.attention, layoutChoiceOf(plan.config)));
}

// Where the keys of latent attention travel, what they travel as.
std::string latentNote(const Mode& mode, const RunPlan& plan) {
    const bool wanted = plan.config.parallel.mlaKeys == MlaKeys::Latent;
    if (plan.config.model.attention != AttentionKind::Mla)
        return wanted ? "parallel.mla_keys is for model.attention mla; this model does not use it"
                      : "";
    if (plan.schedule().latent)
        return fmt::format(
            "keys and values travel as latents of {} columns a token: attention sends {} a step; "
            "expanded to heads it would send {} (parallel.mla_keys)",
            plan.attention.latentColumns, formatBytes({plan.attentionBytesPerStep}),
            formatBytes({plan.expandedBytesPerStep}));
    return wanted && mode.sharded ? fmt::format(
                                        "parallel.mla_keys latent: {} exchanges heads, so "
                                        "keys and values are expanded before they travel",
                                        mode.name)
                                  : "";
}

std::string expertNote(const RunPlan& plan) {
    const ExpertConfig& experts = plan.config.model.experts;
    return fmt::format(
        "parallel.ep: a rank holds {} of {} experts of a layer; tokens on their way "
        "to experts and back are about {} a step and rank where experts are used "
        "alike, and never more than {}",
        experts.count / plan.expertRanks, experts.count, formatBytes({plan.expertBytesPerStep}),
        formatBytes({plan.mostExpertBytesPerStep}));
}

std::string optimizerNote(const RunPlan& plan) {
    const std::vector<ParameterSpec> list = heldParameters(plan);
    const TrainConfig& train = plan.config.train;
    TrainConfig plain = train;
    plain.optimizer = OptimizerKind::AdamW;
    std::int64_t large = 0;
    for (const ParameterSpec& spec : list)
        if (spec.trained && canHave8BitState(spec)) large += spec.elements();
    const std::int64_t trained = trainedParameters(plan);
    return fmt::format(
        "train.optimizer adamw8bit: the state of all parameters takes {} instead of {}; {} of {} "
        "keep 32 bits a number, in parameters of fewer than {}",
        formatBytes(optimizerStateBytes(list, train)),
        formatBytes(optimizerStateBytes(list, plain)), formatCount(trained - large),
        formatCount(trained), formatCount(leastEightBitElements));
}

std::string partsNote(const RunPlan& plan) {
    const auto windows = std::ranges::count(plan.layers, true, &LayerKind::window);
    return fmt::format("attention.window holds in {} of {} layers (model.layer_pattern)", windows,
                       plan.layers.size());
}

// Of a token's latent, where it is to travel.
std::int64_t latentColumns(const RunConfig& config) {
    const ModelConfig& model = config.model;
    const MlaKeys wanted = config.parallel.mlaKeys;
    if (model.attention != AttentionKind::Mla || wanted == MlaKeys::Expanded) return 0;
    const std::int64_t columns = model.latent.size + model.latent.rotarySize;
    // Tokens choose blocks by the keys of heads.
    const PatternConfig& pattern = config.attention.pattern;
    const bool chooses = pattern.kind == PatternKind::BlockSparse && pattern.topK > 1;
    if (chooses && wanted == MlaKeys::Auto) return 0;
    const bool fewer = columns < 2 * model.keyHeads() * model.headDim();
    return fewer || wanted == MlaKeys::Latent ? columns : 0;
}

PatternShape patternShape(const RunConfig& config) {
    return {.tokens = config.train.seqLen,
            .heads = config.model.heads,
            .kvHeads = config.model.keyHeads(),
            .causal = config.attention.causal,
            .window = config.attention.window || config.attention.windowRight,
            .latent = latentColumns(config) > 0};
}

// "attention.pattern dilated: 6.3 % of the pairs that the mask grants are computed, …"
std::string patternNote(const RunPlan& plan) {
    return fmt::format(
        "attention.pattern {}: {} % of the pairs that the mask grants are computed; this is "
        "another model than dense attention, with another loss",
        nameOf(plan.config.attention.pattern.kind), formatRounded(100 * coverage(plan), 2));
}

std::string sparseNote(const RunPlan& plan) {
    return fmt::format(
        "model.attention nsa: a query sees compressed, selected and near keys, {:.2g} % of the "
        "pairs that the mask grants; each rank that has keys compresses them itself",
        100 * coverage(plan));
}

// What memory.* costs, or why it changes nothing.
void noteMemory(const RunPlan& plan, std::vector<std::string>& notes) {
    const MemoryConfig& memory = plan.config.memory;
    if (memory.recompute == Recompute::Layers && plan.attentionBytesPerStep > 0)
        notes.emplace_back(
            "memory.recompute layers: attention's forward pass runs twice, and its messages are "
            "sent twice; attention_kept sends them once");
    if (memory.recomputeEvery > 1 && memory.recompute != Recompute::Layers)
        notes.push_back(
            fmt::format("memory.recompute_every is for recompute layers; {} does not "
                        "use it",
                        nameOf(memory.recompute)));
    if (memory.offloadActivations == OffloadPlace::Disk)
        notes.push_back(fmt::format(
            "memory.offload_activations disk: a rank writes {} of layer inputs in each batch, and "
            "reads them back",
            formatBytes({keptLayerInputs(plan) * layerInputBytes(plan)})));
    if (memory.zero >= 2 && plan.ranks == 1 && memory.offloadParameters == OffloadPlace::None)
        notes.push_back(fmt::format("memory.zero {} changes nothing: one rank holds all it trains",
                                    memory.zero));
    if (dividesValues(plan))
        notes.push_back(fmt::format(
            "memory.zero 3: {} of what a rank sends to sum gradients and share parameters are "
            "parameters that are gathered a layer ahead of their use",
            formatBytes({stateBytes(plan).values})));
}

std::vector<std::string> notes(const RunConfig& config, const Mode& mode, const RunPlan& plan) {
    const int ranks = plan.ranks;
    std::vector<std::string> notes = unusedLevels(config);
    noteMemory(plan, notes);
    if (!plan.schedule().arrangement.empty())
        notes.push_back(fmt::format("{}: {}", mode.name, plan.schedule().arrangement));
    if (plan.padding > 0) notes.push_back(paddingNote(mode, plan));
    if (plan.attention.pattern != nullptr)
        notes.push_back(config.model.attention == AttentionKind::Nsa ? sparseNote(plan)
                                                                     : patternNote(plan));
    if (plan.parts.size() > 1) notes.push_back(partsNote(plan));
    if (std::string note = latentNote(mode, plan); !note.empty()) notes.push_back(std::move(note));
    if (!plan.smallerMessages.empty()) notes.push_back(plan.smallerMessages);
    if (!mode.sharded && config.parallel.sp != 1)
        notes.push_back("mode " + std::string(mode.name) + " runs on one rank; parallel.sp = " +
                        std::to_string(config.parallel.sp) + " is not used");
    if (hasAdapter(config)) notes.push_back(adapterNote(plan));
    if (plan.replicas > 1) notes.push_back(replicaNote(plan));
    if (plan.expertRanks > 1) notes.push_back(expertNote(plan));
    if (config.train.optimizer == OptimizerKind::AdamW8bit) notes.push_back(optimizerNote(plan));
    if (!mode.sharded && config.parallel.ep != 1)
        notes.push_back(
            fmt::format("mode {} holds all experts on its one rank; parallel.ep = {} is "
                        "not used",
                        mode.name, config.parallel.ep));
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
    if (keepsDocumentsApart(config))
        notes.push_back(
            "documents are found when the text is read: FLOPs and the schedule's blocks count "
            "each sequence as one");
    if (config.data.packing && config.train.batch > 1)
        notes.push_back("the end of a paragraph in one of " + std::to_string(config.train.batch) +
                        " sequences ends a document in all of them; train.batch 1 and "
                        "train.grad_accum keep paragraphs whole");
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
            .kvHeads = config.model.keyHeads(),
            .headDim = config.model.headDim(),
            .causal = config.attention.causal,
            .latentColumns = latentColumns(config),
            .gateColumns = config.model.attention == AttentionKind::Nsa ? sparseBranches : 0,
            .ulysses = static_cast<int>(config.parallel.ulysses.value_or(0)),
            .ulyssesInner = config.parallel.ulyssesOrder == UlyssesOrder::Inner,
            .innerRing = static_cast<int>(config.parallel.innerRing.value_or(0)),
            .elementBytes = format.bytes,
            .gradientAccumulatorBytes = format.sumBytes};
}

// 2 FLOPs per multiply-add, the backward pass twice the forward one, and of what is frozen once;
// attention, whose backward pass recomputes the scores, 2.5 times.
double modelFlops(const RunPlan& plan) {
    const RunConfig& config = plan.config;
    const ModelConfig& model = config.model;
    const double tokens = static_cast<double>(config.train.seqLen * config.train.batch);
    const auto multiplied = static_cast<double>(multipliedParameters(model, plan.layers));
    const double products = hasAdapter(config)
                                ? 4 * multiplied + 6 * static_cast<double>(multipliedAdapters(plan))
                                : 6 * multiplied;
    return static_cast<double>(config.train.gradAccum * config.parallel.dp) *
           (products * tokens + 3 * compressionFlops(plan) + 3.5 * attentionFlops(plan));
}

// What the rank that sends most sends in all layers of one pass over a batch. `fits`: of the parts.
std::int64_t attentionBytes(const RunPlan& plan, const std::vector<MessageFit>& fits) {
    const bool twice = plan.config.memory.recompute == Recompute::Layers;
    const std::vector<AttentionPart>& parts = plan.parts;
    if (parts.size() == 1 && !twice) return fits.front().sentBytes * parts.front().layers;
    std::set<int> ranks;
    for (const MessageFit& fit : fits)
        for (const int rank : ranksToMeasure(fit.schedule)) ranks.insert(rank);
    std::int64_t most = 0;
    for (const int rank : ranks) {
        std::int64_t sent = 0;
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const Schedule& schedule = fits[i].schedule;
            const RankSchedule steps = schedule.makeSteps(schedule, rank);
            sent += parts[i].layers * fits[i].turns *
                    (sentBytes(steps) + (twice ? sentBytes(steps.forward) : 0));
        }
        most = std::max(most, sent);
    }
    return most;
}

// The layers' kinds of attention, and which layer has which. Their schedules are still to be made.
void findParts(RunPlan& plan) {
    std::vector<LayerKind> found;
    for (const LayerKind& kind : plan.layers) {
        const auto same = std::ranges::find(found, kind.window, &LayerKind::window);
        plan.partOfLayer.push_back(static_cast<int>(same - found.begin()));
        if (same == found.end()) {
            found.push_back(kind);
            plan.parts.push_back({.mask = attentionMask(plan.config, kind)});
        }
        ++plan.parts[static_cast<std::size_t>(plan.partOfLayer.back())].layers;
    }
}

// In each layer with experts and batch: how many tokens each rank has for each expert of another
// rank, then exchanges of rows of the residual stream: tokens to their experts and results back,
// and the gradients of both. What is computed again is sent again. `away`: rows that a rank has for
// other ranks, `foreign`: rows of other ranks that it has.
std::int64_t expertBytes(const RunPlan& plan, std::int64_t away, std::int64_t foreign) {
    constexpr std::int64_t countBytes = 8;
    const ModelConfig& model = plan.config.model;
    const std::int64_t others = plan.expertRanks - 1;
    const std::int64_t counts = countBytes * others * (model.experts.count / plan.expertRanks);
    const std::int64_t row = model.hiddenSize * rowOf(plan.config.train.precision).bytes;
    const std::int64_t layers = std::ranges::count(plan.layers, true, &LayerKind::experts);
    const std::int64_t forward = plan.config.memory.recompute == Recompute::None ? 1 : 2;
    return plan.microSteps * layers * (forward * counts + (forward + 1) * (away + foreign) * row);
}

std::int64_t mostTokensOfARank(const RunPlan& plan) {
    const std::int64_t tokens = plan.attention.tokens;
    const std::int64_t sharing = plan.ranks / plan.replicas;
    return plan.schedule().replicated ? tokens : (tokens + sharing - 1) / sharing;
}

void planExperts(RunPlan& plan) {
    if (plan.expertRanks == 1) return;
    const ExpertConfig& experts = plan.config.model.experts;
    const std::int64_t held = mostTokensOfARank(plan) * plan.config.train.batch;
    const std::int64_t others = plan.expertRanks - 1;
    const std::int64_t away = held * experts.perToken * others / plan.expertRanks;
    plan.expertBytesPerStep = expertBytes(plan, away, away);
    // A token has no expert twice.
    const std::int64_t own = experts.count / plan.expertRanks;
    plan.mostExpertBytesPerStep = expertBytes(plan, held * std::min(experts.perToken, others * own),
                                              others * held * std::min(experts.perToken, own));
}

// Reads the hostfile into launch.hosts, so that every rank knows the same hosts without the file.
Result<void> settleHosts(RunPlan& plan) {
    LaunchConfig& launch = plan.config.launch;
    RINGSCOPE_TRY(const std::vector<HostSpec> hosts, launchHosts(launch));
    RINGSCOPE_CHECK(placeRanks(plan.ranks, hosts));
    if (plan.config.checkpoint.atEnd && !hosts.front().isThisMachine())
        return Error{ErrorCode::InvalidConfig,
                     "checkpoint.at_end: rank 0 writes the weights, and it would run on " +
                         hosts.front().name +
                         "; put localhost first in launch.hosts, or use at_end false"};
    if (plan.config.checkpoint.every > 0 && !plan.config.checkpoint.folder &&
        !std::ranges::all_of(hosts, &HostSpec::isThisMachine))
        return Error{
            ErrorCode::InvalidConfig,
            "checkpoint.every: ranks on several hosts write into one folder; name one that "
            "all of them see (checkpoint.folder)"};
    if (!launch.hostfile) return {};
    launch.hostfile.reset();
    for (const HostSpec& host : hosts) launch.hosts.push_back(toText(host));
    return {};
}

// The schedule of each of the plan's parts, by its attention shape.
Result<std::vector<MessageFit>> fitParts(const RunPlan& plan, const Mode& mode,
                                         const std::optional<ChosenLayout>& layout) {
    const Bytes limit{plan.config.parallel.commBufferLimit.count /
                      static_cast<std::int64_t>(plan.parts.size())};
    std::vector<MessageFit> fits;
    for (const AttentionPart& part : plan.parts) {
        AttentionMask mask = paddedMask(part.mask, plan.config.train.seqLen, plan.attention.tokens);
        std::optional<AttentionMask> cut;
        if (!isPlain(plan.config, mask)) cut = std::move(mask);
        RINGSCOPE_TRY(MessageFit fit, fitMessages(mode, plan.attention, cut, limit, layout));
        fits.push_back(std::move(fit));
    }
    return fits;
}

// Makes the schedule of each kind of attention layer. They share the memory for buffers. Latents
// that do not fit it travel expanded, some heads at a time, unless the configuration wants latents.
Result<std::vector<MessageFit>> settleParts(RunPlan& plan, const Mode& mode) {
    RINGSCOPE_TRY(plan.layers, layerKinds(plan.config.model, plan.config.attention));
    findParts(plan);
    RINGSCOPE_TRY(const std::optional<ChosenLayout> layout,
                  chosenLayout(mode, plan.attention, layoutChoiceOf(plan.config)));
    Result<std::vector<MessageFit>> fits = fitParts(plan, mode, layout);
    if (plan.attention.latentColumns > 0) {
        RunPlan expanded = plan;
        expanded.attention.latentColumns = 0;
        Result<std::vector<MessageFit>> heads = fitParts(expanded, mode, layout);
        if (heads.ok() && fits.ok())
            plan.expandedBytesPerStep = attentionBytes(expanded, *heads) * plan.microSteps;
        if (heads.ok() && !fits.ok() && plan.config.parallel.mlaKeys == MlaKeys::Auto)
            fits = std::move(heads);
    }
    if (!fits.ok()) return fits;
    for (std::size_t i = 0; i < plan.parts.size(); ++i) {
        plan.parts[i].schedule = (*fits)[i].schedule;
        plan.parts[i].headTurns = (*fits)[i].turns;
    }
    if (!plan.schedule().latent) plan.attention.latentColumns = plan.expandedBytesPerStep = 0;
    return fits;
}

}  // namespace

RankSet replicaOf(const RunPlan& plan, int rank) {
    const int size = plan.ranks / plan.replicas;
    return {.first = rank / size * size, .count = size};
}

RankSet expertRanksOf(const RunPlan& plan, int rank) {
    return {.first = rank / plan.expertRanks * plan.expertRanks, .count = plan.expertRanks};
}

RankSet sameExpertsOf(const RunPlan& plan, int rank) {
    return {.first = rank % plan.expertRanks,
            .count = plan.ranks / plan.expertRanks,
            .stride = plan.expertRanks};
}

ExpertSplit expertSplitOf(const RunPlan& plan) { return {plan.ranks, plan.expertRanks}; }

std::int64_t gradientSliceElements(std::int64_t parameters, int ranks) {
    return (parameters + ranks - 1) / ranks;
}

Result<RunPlan> planRun(const RunConfig& config) { return planRanks(config, mostRanks); }

Result<RunPlan> planRanks(const RunConfig& config, std::int64_t most) {
    if (config.parallel.mode == modenames::automatic) return planBestMode(config, most);
    const Mode* mode = findMode(config.parallel.mode);
    if (mode == nullptr)
        return Error{ErrorCode::InvalidConfig, "there is no mode '" + config.parallel.mode +
                                                   "'; known: " + join(modeNames(), ", ")};
    std::vector<std::string> reasons = unsupportedSettings(config);

    RunPlan plan{.config = config};
    const auto sequenceRanks = mode->sharded ? static_cast<int>(config.parallel.sp) : 1;
    plan.replicas = mode->sharded ? static_cast<int>(config.parallel.dp) : 1;
    plan.ranks = sequenceRanks * plan.replicas;
    plan.expertRanks = mode->sharded ? static_cast<int>(config.parallel.ep) : 1;
    plan.microSteps = config.train.gradAccum * config.parallel.dp / plan.replicas;
    if (plan.ranks > most)
        reasons.push_back(fmt::format(
            "parallel.sp ({}) × parallel.dp ({}) are {} ranks; use at most {}", config.parallel.sp,
            config.parallel.dp, formatCount(plan.ranks), formatCount(most)));
    const std::int64_t experts = config.model.experts.count;
    if (plan.ranks % plan.expertRanks != 0 || experts % plan.expertRanks != 0) {
        reasons.push_back(fmt::format(
            "parallel.ep {} divides {} ranks and {} experts into no equal parts; use an ep that "
            "does",
            plan.expertRanks, plan.ranks, experts));
        return Error{ErrorCode::InvalidConfig, join(reasons, "; ")};
    }
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
    Result<Pattern> pattern = makePattern(config.model.attention == AttentionKind::Nsa
                                              ? selectionPattern(config.model.nsa)
                                              : config.attention.pattern,
                                          patternShape(config));
    if (!pattern.ok()) {
        reasons.push_back(pattern.error().message);
        return Error{pattern.error().code, join(reasons, "; ")};
    }
    plan.attention.pattern = *std::move(pattern);
    plan.attention.tokens = paddedTokens(*mode, plan.attention, layoutChoiceOf(config));
    plan.padding = plan.attention.tokens - config.train.seqLen;
    Result<std::vector<MessageFit>> fits = settleParts(plan, *mode);
    if (!fits.ok()) {
        code = ErrorCode::InvalidConfig;
        reasons.push_back(fits.error().message);
    } else if (config.model.attention == AttentionKind::Nsa) {
        const std::string refusal = sparseRefusal(fits->front().schedule, mode->name);
        if (!refusal.empty()) reasons.push_back(refusal);
    }
    if (const Result<void> adapters = planAdapters(plan); !adapters.ok()) {
        code = ErrorCode::InvalidConfig;
        reasons.push_back(adapters.error().message);
    }
    if (!reasons.empty()) return Error{code, join(reasons, "; ")};

    for (const MessageFit& fit : *fits) plan.commBufferBytes += fit.bufferBytes;
    const auto smaller = std::ranges::find_if_not(*fits, &MessageFit::plain);
    if (smaller != fits->end())
        plan.smallerMessages =
            fmt::format("messages fit parallel.comm_buffer_limit ({}) with {}; buffers take {}",
                        formatBytes(config.parallel.commBufferLimit), smaller->text(),
                        formatBytes({plan.commBufferBytes}));
    plan.parameters = parameterCount(config.model, plan.layers);
    plan.attentionBytesPerStep = attentionBytes(plan, *fits) * plan.microSteps;
    plan.gradientBytesPerStep = stateBytes(plan).sum();
    planExperts(plan);
    plan.flopsPerStep = modelFlops(plan);
    plan.notes = notes(config, *mode, plan);
    std::ranges::move(layoutNotes(plan, *mode, most), std::back_inserter(plan.notes));
    return plan;
}

}  // namespace ringscope
