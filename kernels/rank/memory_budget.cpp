#include "kernels/rank/memory_budget.h"

#include "backend/core/text.h"
#include "backend/plan/mode_table.h"
#include "profiler/memory_scope.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>
#include <vector>

namespace ringscope {
namespace {

struct KeptRefusal {
    std::mutex mutex;
    std::optional<RefusedAllocation> first;
};

KeptRefusal& theRefusal() {
    static auto* const lasting = new KeptRefusal;  // tensors may outlive every static
    return *lasting;
}

// What a user is told of: which tensors are workspace shows only when they are freed.
enum class Held : std::uint8_t {
    Parameters,
    Gradients,
    Optimizer,
    Communication,
    Logits,
    Activations
};
constexpr std::array<std::string_view, 6> heldNames = {"parameters",    "gradients", "optimizer",
                                                       "communication", "logits",    "activations"};
using HeldBytes = std::array<std::int64_t, heldNames.size()>;

std::string_view nameOfHeld(Held held) { return heldNames.at(static_cast<std::size_t>(held)); }

Held heldFor(MemoryCategory category) {
    switch (category) {
        case MemoryCategory::Parameters:
            return Held::Parameters;
        case MemoryCategory::Gradients:
            return Held::Gradients;
        case MemoryCategory::Optimizer:
            return Held::Optimizer;
        case MemoryCategory::Communication:
            return Held::Communication;
        case MemoryCategory::Logits:
            return Held::Logits;
        case MemoryCategory::Unsaid:
        case MemoryCategory::Activations:
        case MemoryCategory::Workspace:
        case MemoryCategory::Segments:
            break;
    }
    return Held::Activations;
}

HeldBytes heldBytes(const LiveBytes& live) {
    HeldBytes held{};
    for (std::size_t i = 0; i < live.size(); ++i)
        held.at(static_cast<std::size_t>(heldFor(static_cast<MemoryCategory>(i)))) += live.at(i);
    return held;
}

// Logits belong to no layer, though they are made where the last one ended.
std::string placeWords(const TracePlace& place, Held held) {
    if (place.pass == SpanPass::None) return "outside of a step";
    const std::string pass =
        place.pass == SpanPass::Update ? "update" : std::string(spanPassName(place.pass)) + " pass";
    const bool known = place.layer >= 0 && held != Held::Logits;
    const std::string layer = known ? ", layer " + std::to_string(place.layer) : "";
    return "in the " + pass + " of step " + std::to_string(place.step) + layer;
}

// "parameters 400 MiB, activations 1.21 GiB"
std::string heldWords(const HeldBytes& held) {
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < held.size(); ++i)
        if (held.at(i) > 0)
            parts.push_back(std::string(heldNames.at(i)) + " " + formatBytes({held.at(i)}));
    return join(parts, ", ");
}

// The kind that was refused, and those that hold a quarter of what was wanted.
std::vector<Held> kindsToLower(const RefusedAllocation& refused) {
    HeldBytes wanted = heldBytes(refused.live);
    const Held asked = heldFor(refused.category);
    wanted.at(static_cast<std::size_t>(asked)) += refused.asked.count;
    std::int64_t all = 0;
    for (const std::int64_t bytes : wanted) all += bytes;
    std::vector<Held> kinds;
    for (std::size_t i = 0; i < wanted.size(); ++i)
        if (static_cast<Held>(i) == asked || 4 * wanted.at(i) >= all)
            kinds.push_back(static_cast<Held>(i));
    return kinds;
}

// A setting that this run could still use, and the kinds of memory it lowers.
struct Lever {
    bool usable = false;
    std::string setting;
    std::vector<Held> lowers;
};

std::vector<Lever> leversOf(const RunPlan& plan) {
    const RunConfig& config = plan.config;
    const MemoryConfig& memory = config.memory;
    const bool wide = config.train.precision == NumberFormat::Fp32 ||
                      config.train.precision == NumberFormat::Fp64;
    const bool shared = plan.ranks > 1;
    const Mode* mode = findMode(config.parallel.mode);
    const bool sharded = mode != nullptr && mode->sharded;
    const std::string ranks = sharded ? "a larger parallel.sp" : "a parallel.mode that shards";
    return {
        {shared && memory.zero < 1, "memory.zero 1", {Held::Optimizer}},
        {shared && memory.zero < 2, "memory.zero 2", {Held::Gradients}},
        {shared && memory.zero < 3, "memory.zero 3", {Held::Parameters}},
        {config.train.optimizer == OptimizerKind::AdamW &&
             config.train.precision != NumberFormat::Fp64,
         "train.optimizer adamw8bit",
         {Held::Optimizer}},
        {memory.offloadOptimizer == OffloadPlace::None,
         "memory.offload_optimizer disk",
         {Held::Optimizer}},
        {memory.zero == 3 && memory.offloadParameters == OffloadPlace::None,
         "memory.offload_parameters disk",
         {Held::Parameters}},
        {memory.recompute != Recompute::Layers, "memory.recompute layers", {Held::Activations}},
        {memory.recompute == Recompute::Layers && memory.offloadActivations == OffloadPlace::None,
         "memory.offload_activations disk",
         {Held::Activations}},
        {!memory.tileMlp, "memory.tile_mlp", {Held::Activations}},
        {!memory.tileLoss, "memory.tile_loss", {Held::Logits}},
        {wide, "train.precision bf16", {Held::Activations, Held::Logits, Held::Communication}},
        {plan.commBufferBytes > 0, "a smaller parallel.comm_buffer_limit", {Held::Communication}},
        {true, ranks, {Held::Activations, Held::Logits}},
        {sharded && memory.zero > 0, ranks, {Held::Optimizer}},
    };
}

// "memory.recompute layers (activations), memory.tile_loss (logits)"
std::string leverWords(const RefusedAllocation& refused, const RunPlan& plan) {
    const std::vector<Held> kinds = kindsToLower(refused);
    std::vector<std::pair<std::string, std::vector<std::string>>> found;
    for (const Lever& lever : leversOf(plan)) {
        if (!lever.usable) continue;
        for (const Held kind : lever.lowers) {
            if (std::ranges::find(kinds, kind) == kinds.end()) continue;
            if (found.empty() || found.back().first != lever.setting)
                found.emplace_back(lever.setting, std::vector<std::string>{});
            found.back().second.emplace_back(nameOfHeld(kind));
        }
    }
    std::vector<std::string> words;
    for (const auto& [setting, lowered] : found)
        words.push_back(setting + " (" + join(lowered, ", ") + ")");
    return join(words, ", ");
}

}  // namespace

BudgetError::BudgetError(Bytes asked)
    : std::runtime_error("memory.budget has no room for " + formatBytes(asked)) {}

void keepRefusal(Bytes asked, const AllocationLog& log) {
    RefusedAllocation refused{.asked = asked,
                              .category = memoryCategoryHere(),
                              .place = tracePlace(),
                              .live = log.live()};
    KeptRefusal& kept = theRefusal();
    const std::lock_guard lock(kept.mutex);
    if (!kept.first) kept.first = refused;
}

std::optional<RefusedAllocation> keptRefusal() {
    KeptRefusal& kept = theRefusal();
    const std::lock_guard lock(kept.mutex);
    return kept.first;
}

void forgetRefusal() {
    KeptRefusal& kept = theRefusal();
    const std::lock_guard lock(kept.mutex);
    kept.first.reset();
}

std::string budgetSentence(const RefusedAllocation& refused, const RunPlan& plan) {
    const HeldBytes held = heldBytes(refused.live);
    std::int64_t all = 0;
    for (const std::int64_t bytes : held) all += bytes;
    const Held asked = heldFor(refused.category);
    const Bytes budget = plan.config.memory.budget.value_or(Bytes{});
    std::string sentence = "memory.budget (" + formatBytes(budget) + ") has no room for " +
                           formatBytes(refused.asked) + " of " + std::string(nameOfHeld(asked)) +
                           " " + placeWords(refused.place, asked) + ": " + formatBytes({all}) +
                           " are held";
    if (all > 0) sentence += " (" + heldWords(held) + ")";
    const std::string levers = leverWords(refused, plan);
    return sentence + "; less is needed with " + (levers.empty() ? "a smaller model" : levers) +
           ", or raise memory.budget";
}

}  // namespace ringscope
