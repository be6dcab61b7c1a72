// Everything one run needs to know, as plain values: what is trained, on what, split how.
//
// field_table.cpp has each member's spelling, unit, help and constraint. The table reads the
// defaults from a RunConfig{}, so they stand here alone.
#pragma once

#include "backend/config/choices.h"
#include "backend/config/precision.h"
#include "backend/core/units.h"
#include "backend/model/model_config.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringscope {

struct DataConfig {
    std::string source{builtinProse};  // or files, as data_source.h reads them
    std::string tokenizer{byteTokenizer};
    bool packing = false;
    DataOrder order = DataOrder::Auto;
    double validation = 0;  // the share that is kept out of training
    ChatFormat chatTemplate = ChatFormat::Auto;
    bool operator==(const DataConfig&) const = default;
};

struct TrainConfig {
    TrainTask task = TrainTask::Lm;
    std::int64_t steps = 10;
    std::int64_t warmupSteps = 1;  // first steps that speed figures leave out
    std::int64_t seqLen = 1024;    // tokens of one sequence, over all ranks
    std::int64_t batch = 1;
    std::int64_t gradAccum = 1;
    NumberFormat precision = NumberFormat::Fp32;
    OptimizerKind optimizer = OptimizerKind::AdamW;
    double lr = 1e-3;
    LrSchedule lrSchedule = LrSchedule::Constant;
    std::int64_t lrWarmup = 0;              // first steps, in which lr grows from 0
    std::optional<std::int64_t> lrDecay{};  // steps of wsd's fall; not set: a tenth of all
    double lrFinal = 0.0;                   // share of lr that a schedule ends at
    double beta1 = 0.9;
    double beta2 = 0.95;
    double eps = 1e-8;
    double weightDecay = 0.0;
    DecayedWeights decayed = DecayedWeights::Matrices;
    double gradClip = 1.0;  // 0 switches clipping off
    double labelSmoothing = 0.0;
    double zLoss = 0.0;
    // When a run ends before its last step.
    std::optional<std::int64_t> epochs{};
    std::optional<double> stopLoss{};            // of a validation
    std::optional<std::int64_t> stopPatience{};  // validations that bring no better loss
    std::int64_t validateEvery = 0;              // steps; 0: after the last one alone
    std::int64_t validateBatches = 8;            // of data.validation
    // What keeps the experts of a model evenly used (kernels/train/expert_balance.h); 0: nothing.
    double routerAuxLoss = 0.0;
    double routerBiasStep = 0.0;
    std::int64_t seed = 0;
    bool operator==(const TrainConfig&) const = default;
};

struct ParallelConfig {
    std::string mode = "zigzag";
    std::int64_t sp = 2;  // ranks that share one sequence
    std::int64_t dp = 1;
    std::int64_t ep = 1;  // ranks that share a model's experts
    std::optional<std::int64_t> ulysses;
    UlyssesOrder ulyssesOrder = UlyssesOrder::Inner;
    std::optional<std::int64_t> innerRing;
    ShardChoice layout = ShardChoice::Auto;
    TokenOrder tokenOrder = TokenOrder::Sequence;
    std::vector<std::int64_t> image{};  // rows and columns that a sequence is; none: as square
    MlaKeys mlaKeys = MlaKeys::Auto;
    Bytes commBufferLimit{1LL << 30};
    bool operator==(const ParallelConfig&) const = default;
};

// What a rank keeps in memory, and what it computes or fetches again instead.
struct MemoryConfig {
    MemoryPreset preset = MemoryPreset::None;
    // What ranks hold a part of each instead of all of it (kernels/train/unit_memory.h): 1 the
    // optimizer's state, 2 also gradients, 3 also parameters.
    std::int64_t zero = 1;
    Recompute recompute = Recompute::None;
    std::int64_t recomputeEvery = 1;         // layers of which the first one's input is kept
    std::optional<std::int64_t> tileMlp{};   // tokens; not set: what a feed-forward makes is kept
    std::optional<std::int64_t> tileLoss{};  // tokens; not set: as many as 16 MiB of logits
    std::optional<Bytes> budget{};           // of a rank's tensors
    OffloadPlace offloadActivations = OffloadPlace::None;
    OffloadPlace offloadOptimizer = OffloadPlace::None;
    OffloadPlace offloadParameters = OffloadPlace::None;
    std::optional<std::string> offloadFolder{};  // not set: the cache's (backend/core/files.h)
    bool operator==(const MemoryConfig&) const = default;
};

// Training steps [begin, end).
struct StepRange {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    bool operator==(const StepRange&) const = default;
};

struct ProfileConfig {
    std::optional<StepRange> steps;
    std::optional<std::vector<std::int64_t>> ranks;  // that are recorded, ascending; nothing: all
    bool memory = true;
    CuptiUse cupti = CuptiUse::Auto;

    bool records(int rank) const {  // where steps are recorded at all
        return !ranks || std::ranges::find(*ranks, rank) != ranks->end();
    }
    bool operator==(const ProfileConfig&) const = default;
};

struct LaunchConfig {
    TransportKind transport = TransportKind::Local;
    std::vector<std::string> hosts;       // as parseHost() reads them
    std::optional<std::string> hostfile;  // instead of `hosts`; never set in a RunPlan
    std::int64_t threadsPerRank = 1;
    DeviceChoice device = DeviceChoice::Auto;
    double stallSeconds = 60;  // how long a rank may stand still; 0: for ever
    StallAction onStall = StallAction::End;
    std::int64_t retries = 0;  // times that a run whose rank ended goes on from a checkpoint
    bool operator==(const LaunchConfig&) const = default;
};

// What trains beside a model that stays as it is.
struct AdapterConfig {
    AdapterKind kind = AdapterKind::None;
    std::int64_t rank = 16;
    double alpha = 32;  // the product is scaled by alpha / rank
    double dropout = 0.0;
    std::vector<std::string> targets{};  // kinds of linear layers; none: all of a layer
    bool operator==(const AdapterConfig&) const = default;
};

// What of a training is kept besides its figures.
struct CheckpointConfig {
    bool atEnd = false;
    std::int64_t every = 0;               // steps; 0: never
    std::int64_t keep = 3;                // of these, the newest
    std::optional<std::string> folder{};  // not set: the data folder's (backend/core/files.h)
    bool operator==(const CheckpointConfig&) const = default;
};

// Faults that are made on purpose, to see them in a trace.
struct DebugConfig {
    std::optional<std::int64_t> slowRank;
    double slowMs = 20;  // before each attention pass of that rank
    bool operator==(const DebugConfig&) const = default;
};

struct RunConfig {
    ModelConfig model;
    DataConfig data;
    TrainConfig train;
    AttentionConfig attention;
    ParallelConfig parallel;
    MemoryConfig memory;
    ProfileConfig profile;
    LaunchConfig launch;
    AdapterConfig adapter;
    CheckpointConfig checkpoint;
    DebugConfig debug;
    // Whether scores fall with the distance of tokens. No column turns then.
    bool usesAlibi() const { return attention.alibi || model.position == PositionKind::Alibi; }
    bool operator==(const RunConfig&) const = default;
};

}  // namespace ringscope
