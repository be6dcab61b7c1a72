// What the keys of one kind of source mean, as rows: a key's verdict and the reason for it.
#pragma once

#include "backend/migration/migration.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace ringscope {

// Facts that decide more than one field, or need a decision; draft_rules.cpp reads them together.
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
    Scheduler,  // changes the reason alone
    Optimizer,  // changes the reason alone
    Companion,  // names a file with more settings
    CpBackend,
};

// Why a key that names a data set is dropped.
inline constexpr std::string_view textOnly =
    "Ringscope trains on plain text, builtin:prose unless data.source names a file; losses are of "
    "that text, not of this data set";

struct KeyRule {
    std::string_view path;  // ends in '.' or '_': every key that begins so
    Verdict verdict = Verdict::Dropped;
    std::string_view newPath;
    std::string_view reason;
    Role role = Role::None;
    // Values under which a Dangerous key changes nothing, separated by '|': it is Dropped then.
    std::string_view harmless{};

    bool covers(std::string_view key) const;
};

// The most exact row: a whole key before the longest beginning. Null where no row covers it.
const KeyRule* findRule(std::span<const KeyRule> rules, std::string_view key);

// A value that the old stack takes for an absent key, where Ringscope's default is another.
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
