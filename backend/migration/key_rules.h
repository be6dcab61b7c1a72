// What the keys of a kind of source mean, as rows: the verdict on a key and its reason.
#pragma once

#include "backend/migration/migration.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace ringscope {

// What a key is about, if it decides more than one field or needs a decision. settle_*.cpp read the
// keys by their roles.
enum class Role : std::uint8_t {
    None,
    Name,       // of the experiment
    Field,      // newPath takes the value as it is
    Companion,  // names a file with more settings
    Program,    // that a command starts
    // How a sequence and a batch are split.
    Mode,
    CallMode,            // the mode is that of the call
    RingImplementation,  // of the ring in a hybrid
    Size,                // ranks that share a sequence
    UlyssesDegree,       // of those, ranks that split heads
    RingDegree,          // of those, ranks that form a ring
    HierarchicalSizes,   // both, as a list of two
    UlyssesLow,          // a switch: neighbouring ranks split heads
    CpBackend,
    CpRotate,        // how torch sends keys and values
    CpBalancer,      // which chunks torch gives a rank
    World,           // ranks of all groups together
    Nodes,           // machines
    NodeRanks,       // ranks of a machine
    VisibleDevices,  // a list, whose length is a machine's ranks
    Replicas,        // groups with sequences of their own
    Shards,          // of those, groups that divide parameters; -1: all ranks that are left
    TensorRanks,     // ranks that divide a layer's weights
    PipelineRanks,   // ranks that divide the layers
    SeqLen,
    PromptLen,  // of a sequence's beginning
    AnswerLen,  // of what follows
    // What is trained.
    Model,
    ModelSizes,  // "8B", beside a Model that names the family alone
    Tokenizer,
    HeadGroups,    // key and value heads
    GroupedHeads,  // a switch: whether HeadGroups counts
    FfnSize,
    Norm,
    Position,
    LinearBias,  // a switch: no biases
    UntiedHead,  // a switch
    TiedHead,    // its opposite
    HasBias,     // LinearBias's opposite
    Swiglu,      // a switch
    FfnForm,     // "fast-swiglu", "gelu"
    QkNorm,      // a switch
    RopeTheta,
    ConfigOverrides,  // "rope_theta=8000000": settings of the model's own file
    RopeScaling,      // "yarn", or a map of what a model's own file has
    RopeFactor,       // of RopeScaling: how much longer sequences are
    RopeOriginal,     // of RopeScaling: tokens that the model was first trained for
    Stage,
    LearnsAll,  // a switch: prompts are learned, too
    Data,
    DataSplit,  // shares of training, validation and test: "969,30,1"
    Template,
    Packing,
    NeatPacking,
    Finetuning,
    LoadBits,  // of quantised weights
    Load8bit,  // a switch
    Load4bit,  // a switch
    LoraRank,
    LoraAlpha,
    LoraDropout,
    LoraTargets,
    // How it is trained.
    Bf16,             // a switch
    Fp16,             // a switch
    Precision,        // "bf16", "no"
    LoadedPrecision,  // of weights: what is computed in, where nothing else says it
    Tf32,             // a switch
    PureBf16,         // a switch: no copy of the weights in fp32
    Liger,            // a switch
    Batch,            // a field, of which sft takes 1
    GlobalBatch,
    DataBatch,    // sequences that are drawn; of a step where no GlobalBatch says it
    Samples,      // of the whole run
    MostSamples,  // of a data set that are used
    Steps,
    Scheduler,      // of the learning rate
    LrWarmup,       // steps; below 1: a share of them
    LrWarmupShare,  // of the steps
    LrWarmupSamples,
    LrDecay,          // steps
    LrDecayEnd,       // the step that a schedule ends at
    LrDecayShare,     // of the steps
    LrLeast,          // learning rate that a schedule ends at
    Betas,            // a list of two
    Epochs,           // may be a fraction
    ValidationOn,     // a switch
    ValidationShare,  // of the data
    ValidationData,   // another data set
    ValidationSteps,  // from one to the next
    ValidationWhen,   // "no", "steps", "epoch"
    ValidationBatch,
    Patience,
    Optimizer,
    SaveOn,           // a switch
    SaveWhen,         // "no", "steps", "epoch"
    SaveSteps,        // from one checkpoint to the next; below 1: a share of the steps
    SaveMost,         // checkpoints that are kept
    Profiling,        // a switch
    ProfilingWait,    // steps
    ProfilingWarmup,  // steps
    ProfilingActive,  // steps
    // Memory.
    ZeroStage,           // or a switch
    FsdpStrategy,        // a name; or a version, which says nothing more
    FsdpReshard,         // a switch: also parameters are divided
    Recompute,           // a switch, or "full", "selective", "offload"
    RecomputeSelective,  // a switch
    NoRecompute,         // its opposite
    RecomputeLayers,     // of which one input is kept, where layers are taken uniformly
    RecomputeMethod,     // "uniform", "block"
    TiledMlp,            // a switch
    TiledMlpAndLoss,     // a switch
    OffloadActivations,  // a switch
    OffloadOptimizer,    // a switch or a device
    OffloadParameters,   // a switch or a device
    OffloadBoth,         // a switch
    // Calls.
    RingClass,    // a ring of dilated attention
    RingPreset,   // "development", "production", "large_scale"
    DilatedCall,  // dilated attention on one rank
    Segments,
    Rates,
    Window,       // a pair, or the keys to the left
    CallDropout,  // a field
};

// Why a key that names a data set is dropped.
inline constexpr std::string_view textOnly =
    "Ringscope trains on plain text, builtin:prose unless data.source names a file; losses are of "
    "that text, not of this data set";

// Of a reinforcement trainer's keys; 0 is a value of some of them.
inline constexpr std::string_view noLearner =
    "no answers are generated and none are rated here: of the actor its training alone is carried, "
    "on the tokens of the data";
inline constexpr std::string_view switchedOff = "false|null|none";

// Why a key of the loss scale is dropped where something is in fp16; it is kept where nothing is.
inline constexpr std::string_view lossScale =
    "Ringscope's loss scale begins at 65536, is halved by a step that does not fit, and doubled "
    "after 2000 that do";

// Why a key is dropped whose part in the old run a decision asks about (settle_followers.cpp).
inline constexpr std::string_view noLayersDivided = "layers are not divided over ranks";
inline constexpr std::string_view noSplitWeights = "weights are not split over ranks";
inline constexpr std::string_view noFrozenWeights =
    "all weights, or an adapter's, are trained: memory and losses differ";

// Reasons whose consequence the plan has in numbers (costs.cpp).
inline constexpr std::string_view noPairs =
    "Ringscope has no loss of pairs; the decision about stage says what stands for it";
inline constexpr std::string_view noSecondModel =
    "no second model runs beside the trained one: less memory and time than in the old stack";
inline constexpr std::string_view wholeOptimizer =
    "AdamW's state has the gradient's full size: more memory";
inline constexpr std::string_view wholeWeights = "weights are kept in train.precision: more memory";
inline constexpr std::string_view wideGradients =
    "gradients are summed in fp32: more bytes are sent";
inline constexpr std::string_view ownPieces =
    "Ringscope divides and gathers a layer at a time: buffers and messages have a layer's size";

// What memory.zero takes from a key that names ZeRO's stage.
inline constexpr std::string_view zeroLevels =
    "ranks divide 1 the optimizer's state, 2 also gradients, 3 also parameters";

struct KeyRule {
    std::string_view path;  // one that ends in '.' or '_' stands for all keys that begin so
    Verdict verdict = Verdict::Dropped;
    std::string_view newPath;
    std::string_view reason;
    Role role = Role::None;
    // Values under which the key changes nothing, separated by '|': it is Kept then.
    std::string_view harmless{};
    KeyUse use = KeyUse::Needed;
    std::string_view versions{};  // where the old stack knows the key

    bool covers(std::string_view key) const;
};

// Rows in a word.
constexpr KeyRule takes(std::string_view path, std::string_view field, std::string_view reason,
                        std::string_view versions = {}) {
    return {path, Verdict::Renamed, field, reason, Role::Field, {}, KeyUse::Needed, versions};
}
constexpr KeyRule plays(std::string_view path, Role role, std::string_view field = {},
                        std::string_view reason = {}, std::string_view versions = {}) {
    return {path, Verdict::Converted, field, reason, role, {}, KeyUse::Needed, versions};
}
constexpr KeyRule holds(std::string_view path, std::string_view reason) {
    return {path, Verdict::Kept, {}, reason};
}
constexpr KeyRule drops(std::string_view path, std::string_view reason,
                        std::string_view harmless = "false|null|none|0|0.0") {
    return {path, Verdict::Dropped, {}, reason, Role::None, harmless};
}
constexpr KeyRule warns(std::string_view path, std::string_view reason,
                        std::string_view harmless = "false|null|none") {
    return {path, Verdict::Dangerous, {}, reason, Role::None, harmless};
}
constexpr KeyRule keepsHouse(std::string_view path, std::string_view reason) {
    return {path, Verdict::Dropped, {}, reason, Role::None, {}, KeyUse::Housekeeping};
}

// One array of several, at compile time. Of two rows for a key the first counts.
template <std::size_t... Sizes>
constexpr auto joinedRules(const std::array<KeyRule, Sizes>&... parts) {
    std::array<KeyRule, (Sizes + ...)> all{};
    std::size_t next = 0;
    const auto append = [&](const auto& part) {
        for (const KeyRule& rule : part) all[next++] = rule;
    };
    (append(parts), ...);
    return all;
}

// The row for a key: the one with its whole name, else the one with the longest beginning of it,
// else null.
const KeyRule* findRule(std::span<const KeyRule> rules, std::string_view key);

// A default of the old stack that differs from Ringscope's.
struct ImpliedDefault {
    std::string_view path;  // the absent key
    std::string_view newPath;
    std::string_view value;
};

std::span<const KeyRule> llamaFactoryRules();
std::span<const KeyRule> llamaFactoryAlstRules();    // those and the fork's own
std::span<const KeyRule> llamaFactoryBridgeRules();  // those and the Megatron bridge's
std::span<const KeyRule> llamaFactoryV1Rules();
std::span<const KeyRule> trainerRules();  // what transformers' Trainer takes
std::span<const KeyRule> deepSpeedRules();
std::span<const KeyRule> arcticRules();
std::span<const KeyRule> accelerateRules();
std::span<const KeyRule> axolotlRules();
std::span<const KeyRule> torchtitanRules();
std::span<const KeyRule> megatronRules();
std::span<const KeyRule> swiftRules();
std::span<const KeyRule> openRlhfRules();
std::span<const KeyRule> easyContextRules();
std::span<const KeyRule> nemoRules();
std::span<const KeyRule> verlRules();
std::span<const KeyRule> pythonCallRules();
std::span<const KeyRule> launcherRules();  // of a command's launcher and environment

std::span<const ImpliedDefault> trainerDefaults();  // of LLaMA-Factory's trainer

}  // namespace ringscope
