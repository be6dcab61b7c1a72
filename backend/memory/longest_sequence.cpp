#include "backend/memory/longest_sequence.h"

#include "backend/config/memory_preset.h"
#include "backend/config/mode_names.h"
#include "backend/core/text.h"
#include "backend/memory/memory_plan.h"
#include "backend/plan/mode_table.h"
#include "backend/trace/memory_look.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <optional>

namespace ringscope {
namespace {

constexpr std::int64_t longestRun = 67'108'864;  // of train.seq_len
constexpr std::string_view ranksLever = "sp";

constexpr std::array leverRows = {
    LengthLever{"none", "one rank keeps all that it computes, and all logits",
                [](RunConfig& config, const RunConfig&) {
                    config.parallel = ParallelConfig{};
                    config.parallel.mode = modenames::none;
                    config.parallel.sp = 1;
                    config.memory = MemoryConfig{};
                    config.memory.tileLoss = longestRun;
                }},
    LengthLever{"tile_loss", "some rows of logits at a time",
                [](RunConfig& config, const RunConfig& asked) {
                    config.memory.tileLoss = asked.memory.tileLoss;
                }},
    LengthLever{
        ranksLever, "the mode, on all its ranks",
        [](RunConfig& config, const RunConfig& asked) { config.parallel = asked.parallel; }},
    LengthLever{"tile_mlp", "some rows of a feed-forward's inside at a time",
                [](RunConfig& config, const RunConfig& asked) {
                    config.memory.tileMlp = asked.memory.tileMlp.value_or(usualTileMlp);
                }},
    LengthLever{"recompute", "layers keep their inputs alone",
                [](RunConfig& config, const RunConfig& asked) {
                    config.memory.recompute = Recompute::Layers;
                    config.memory.recomputeEvery = asked.memory.recomputeEvery;
                }},
    LengthLever{"zero", "ranks divide parameters and gradients, too",
                [](RunConfig& config, const RunConfig& asked) {
                    config.memory.zero = std::max<std::int64_t>(asked.memory.zero, 3);
                }},
    LengthLever{"offload", "inputs of layers wait on the disk",
                [](RunConfig& config, const RunConfig& asked) {
                    config.memory.recompute = Recompute::Layers;
                    config.memory.offloadActivations = OffloadPlace::Disk;
                    config.memory.offloadFolder = asked.memory.offloadFolder;
                }},
    LengthLever{"offload_state", "the optimizer's state and ranks' parameters wait there, too",
                [](RunConfig& config, const RunConfig& asked) {
                    config.memory.offloadOptimizer = OffloadPlace::Disk;
                    if (config.memory.zero == 3)
                        config.memory.offloadParameters = OffloadPlace::Disk;
                    config.memory.offloadFolder = asked.memory.offloadFolder;
                }},
};

Result<void> known(const std::vector<std::string>& names, const std::vector<std::string>& all,
                   std::string_view what) {
    for (const std::string& name : names)
        if (std::ranges::find(all, name) == all.end())
            return Error{ErrorCode::InvalidConfig, fmt::format("there is no {} '{}'; there are {}",
                                                               what, name, join(all, ", "))};
    return {};
}

// Whether the run fits, and what it would hold.
struct Trial {
    bool fits = false;
    std::int64_t peakBytes = 0;
    std::optional<int> ranks{};  // nothing where it cannot be planned
    std::string reason{};
};

std::string largestPart(const PredictedPeak& peak, Bytes budget) {
    const auto largest = std::ranges::max_element(peak.held);
    const auto category = static_cast<MemoryCategory>(largest - peak.held.begin());
    return fmt::format("{} of {} would be {}, over {}", formatBytes({*largest}),
                       formatBytes({peak.bytes()}), memoryCategoryName(category),
                       formatBytes(budget));
}

Trial tryLength(RunConfig config, std::int64_t tokens, Bytes budget) {
    config.train.seqLen = tokens;
    const Result<RunPlan> plan = planRun(config);
    if (!plan.ok()) return {.reason = plan.error().message};
    const PredictedPeak peak = predictedPeak(*plan);
    const bool fits = peak.bytes() <= budget.count;
    return {.fits = fits,
            .peakBytes = peak.bytes(),
            .ranks = plan->ranks,
            .reason = fits ? "" : largestPart(peak, budget)};
}

}  // namespace

std::span<const LengthLever> lengthLevers() { return leverRows; }

Result<std::vector<LengthCase>> lengthCases(const RunConfig& asked,
                                            const std::vector<std::string>& modes,
                                            const std::vector<std::string>& wanted) {
    std::vector<std::string> names;
    for (const LengthLever& lever : leverRows) names.emplace_back(lever.name);
    RINGSCOPE_CHECK(known(wanted, names, "lever"));
    RINGSCOPE_CHECK(known(modes, modeNames(), "mode"));
    std::vector<LengthCase> cases;
    for (const std::string& mode : modes) {
        RunConfig own = asked;
        own.parallel.mode = mode;
        RunConfig config = own;
        leverRows.front().apply(config, own);
        bool spread = false;
        for (const LengthLever& lever : leverRows) {
            if (std::ranges::find(wanted, lever.name) == wanted.end()) continue;
            lever.apply(config, own);
            spread = spread || lever.name == ranksLever;
            if (!spread && mode != modes.front()) continue;  // the same on one rank
            cases.push_back({config.parallel.mode, std::string(lever.name), config});
        }
    }
    return cases;
}

LongestSequence longestSequence(const RunConfig& config, Bytes budget, std::int64_t step) {
    const std::int64_t most = longestRun / step;
    LongestSequence found;
    std::int64_t fits = 0;  // steps
    std::int64_t fails = most + 1;
    found.endedBy = "it is the longest that a run may have";
    for (std::int64_t next = 1; fits + 1 < fails;) {
        const Trial trial = tryLength(config, next * step, budget);
        found.ranks = trial.ranks.value_or(found.ranks);
        if (trial.fits) {
            fits = next;
            found.tokens = next * step;
            found.peakBytes = trial.peakBytes;
        } else {
            fails = next;
            found.endedBy = trial.reason;
        }
        next = fails > most ? std::min(2 * next, most) : (fits + fails) / 2;
    }
    return found;
}

}  // namespace ringscope
