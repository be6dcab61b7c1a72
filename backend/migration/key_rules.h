// What the keys of a kind of source mean, as rows: the verdict on a key and its reason.
#pragma once

#include "backend/migration/migration.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace ringscope {

// What a key is about, if it decides more than one field or needs a decision. settle_*.cpp read the
// keys by their roles.
enum class Role : std::uint8_t {
    None,
    Name,   // of the experiment
    Field,  // newPath takes the value as it is
    Mode,
    Size,           // ranks that share a sequence
    UlyssesDegree,  // of those, ranks that split heads
    SeqLen,
    Model,
    Stage,
    Finetuning,
    Bf16,       // a switch
    Fp16,       // a switch
    Precision,  // "bf16", "no"
    Packing,
    NeatPacking,
    Profiling,        // a switch
    ProfilingWait,    // steps
    ProfilingWarmup,  // steps
    ProfilingActive,  // steps
    Steps,
    Scheduler,           // of the learning rate
    LrWarmup,            // steps
    LrWarmupShare,       // of the steps
    LrDecay,             // steps
    Betas,               // a list of two
    Epochs,              // may be a fraction
    ValidationShare,     // of the data
    ValidationSteps,     // from one to the next
    ValidationWhen,      // "no", "steps", "epoch"
    Optimizer,           // changes the reason alone
    Companion,           // names a file with more settings
    Recompute,           // a switch: layers run again in the backward pass
    NoRecompute,         // its opposite
    TiledMlp,            // a switch
    TiledMlpAndLoss,     // a switch
    OffloadActivations,  // a switch
    CpBackend,
};

// Why a key that names a data set is dropped.
inline constexpr std::string_view textOnly =
    "Ringscope trains on plain text, builtin:prose unless data.source names a file; losses are of "
    "that text, not of this data set";

// What memory.zero takes from a key that names ZeRO's stage.
inline constexpr std::string_view zeroLevels =
    "ranks divide 1 the optimizer's state, 2 also gradients, 3 also parameters";

struct KeyRule {
    std::string_view path;  // one that ends in '.' or '_' stands for all keys that begin so
    Verdict verdict = Verdict::Dropped;
    std::string_view newPath;
    std::string_view reason;
    Role role = Role::None;
    // Values under which a Dangerous key changes nothing, separated by '|': it is Dropped then.
    std::string_view harmless{};

    bool covers(std::string_view key) const;
};

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
std::span<const KeyRule> llamaFactoryAlstRules();  // those and the fork's own
std::span<const KeyRule> llamaFactoryV1Rules();
std::span<const KeyRule> deepSpeedRules();
std::span<const KeyRule> arcticRules();
std::span<const KeyRule> accelerateRules();

std::span<const ImpliedDefault> trainerDefaults();  // of LLaMA-Factory's trainer

}  // namespace ringscope
