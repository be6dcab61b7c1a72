#include "backend/simulate/advice.h"

#include "backend/config/conflicts.h"
#include "backend/config/mode_names.h"
#include "backend/core/text.h"
#include "backend/core/units.h"
#include "backend/plan/mode_table.h"
#include "backend/plan/planned_ranks.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <optional>
#include <utility>

namespace ringscope {
namespace {

struct MemoryRow {
    std::string_view words;
    void (*set)(MemoryConfig& memory);
};
void divideAll(MemoryConfig& memory) { memory.zero = 3; }
void recomputeLayers(MemoryConfig& memory) {
    divideAll(memory);
    memory.recompute = Recompute::Layers;
}
void tileAll(MemoryConfig& memory) {
    recomputeLayers(memory);
    memory.tileLoss = 2048;
    memory.tileMlp = 4096;
}
constexpr std::array memoryRows = {
    MemoryRow{"zero 1", [](MemoryConfig& memory) { memory.zero = 1; }},
    MemoryRow{"zero 3", divideAll},
    MemoryRow{"zero 3, recompute attention_kept",
              [](MemoryConfig& memory) {
                  divideAll(memory);
                  memory.recompute = Recompute::AttentionKept;
              }},
    MemoryRow{"zero 3, recompute layers", recomputeLayers},
    MemoryRow{"zero 3, recompute layers, tiled loss and MLP", tileAll},
};

// Messages' buffers are part of what has to fit the device, so nothing smaller limits them.
constexpr Bytes largestBuffers{std::int64_t{8} << 30};

std::vector<std::int64_t> divisorsOf(std::int64_t number) {
    std::vector<std::int64_t> divisors;
    for (std::int64_t divisor = 1; divisor <= number; ++divisor)
        if (number % divisor == 0) divisors.push_back(divisor);
    return divisors;
}

// The ways a mode can group so many ranks that no other mode has: groups of usp in which one rank
// holds all heads, and a double ring with one ring inside, are zigzag.
std::vector<RunConfig> groupings(const RunConfig& config) {
    const bool splitsHeads = config.parallel.mode == modenames::usp;
    if (!splitsHeads && config.parallel.mode != modenames::doubleRing) return {config};
    std::vector<RunConfig> all;
    const std::int64_t ranks = config.parallel.sp;
    for (const std::int64_t inner : divisorsOf(ranks)) {
        if (inner == 1 || (!splitsHeads && inner == ranks)) continue;
        RunConfig& grouped = all.emplace_back(config);
        (splitsHeads ? grouped.parallel.ulysses : grouped.parallel.innerRing) = inner;
    }
    return all;
}

std::string splitWords(const RunConfig& config) {
    const ParallelConfig& parallel = config.parallel;
    std::string mode = parallel.mode;
    if (parallel.mode == modenames::usp && parallel.ulysses)
        mode += fmt::format(" {} × {}", *parallel.ulysses, parallel.sp / *parallel.ulysses);
    if (parallel.mode == modenames::doubleRing && parallel.innerRing)
        mode += fmt::format(" {} × {}", *parallel.innerRing, parallel.sp / *parallel.innerRing);
    if (parallel.sp == 1)
        return fmt::format(
            "data parallel, {} {} of its own", parallel.dp,
            parallel.dp == 1 ? "rank with a sequence" : "ranks, each with a sequence");
    return parallel.dp == 1
               ? fmt::format("{} over {} ranks", mode, parallel.sp)
               : fmt::format("{}, {} groups of {} ranks", mode, parallel.dp, parallel.sp);
}

// Every split of so many ranks. One rank for a sequence is the same in every mode.
std::vector<RunConfig> splitsOf(const RunConfig& config, std::int64_t ranks) {
    std::vector<RunConfig> splits;
    for (const std::int64_t sharing : divisorsOf(ranks))
        for (const Mode& mode : modeTable()) {
            if (!mode.sharded || mode.name == modenames::legacy) continue;
            if (sharing == 1 && mode.name != modenames::zigzag) continue;
            RunConfig split = config;
            split.parallel.mode = mode.name;
            split.parallel.sp = sharing;
            split.parallel.dp = ranks / sharing;
            split.parallel.ulysses.reset();
            split.parallel.innerRing.reset();
            split.parallel.commBufferLimit = largestBuffers;
            for (RunConfig& grouped : groupings(split)) splits.push_back(std::move(grouped));
        }
    return splits;
}

MemoryConfig withRow(const MemoryConfig& wanted, const MemoryRow& row) {
    MemoryConfig memory;
    memory.budget = wanted.budget;
    memory.offloadFolder = wanted.offloadFolder;
    row.set(memory);
    return memory;
}

struct Fitting {
    RunPlan plan{};
    std::string memory{};
    PredictedPeak peak{};
    bool fits = false;
};

// The first row that fits; the last one that can run where none does.
Result<Fitting> firstThatFits(RunConfig config, const Machine& machine) {
    const MemoryConfig wanted = config.memory;
    Result<Fitting> last = Error{ErrorCode::Failed, "no memory setting was tried"};
    for (const MemoryRow& row : memoryRows) {
        config.memory = withRow(wanted, row);
        if (const auto conflicts = findConflicts(config); !conflicts.empty()) {
            if (!last.ok()) last = Error{ErrorCode::InvalidConfig, conflicts.front().message};
            continue;
        }
        Result<RunPlan> plan = planRanks(config, mostPlannedRanks);
        if (!plan.ok()) return std::move(plan).error();
        PredictedPeak peak = predictedPeak(*plan);
        const bool fits = peak.bytes() + bytesBesideTensors(machine) <= machine.device.memoryBytes;
        last = Fitting{*std::move(plan), std::string(row.words), std::move(peak), fits};
        if (fits) return last;
    }
    return last;
}

std::string rateWords(const Prediction& prediction) {
    return fmt::format("{} tokens/s, {} a step, ± {:.0f} %",
                       formatCount(std::llround(prediction.tokensPerSecond())),
                       formatDuration(Nanos(prediction.stepNanos)), prediction.errorPercent);
}

// Tokens a nanosecond; 0: this cannot be played on the machine.
double speedOf(const RunPlan& plan, const Prediction& known, const Machine& machine) {
    const Result<StepTimes> times = predictTimes(plan, machine, known.kernel);
    if (!times.ok()) return 0;
    return static_cast<double>(known.tokens) / static_cast<double>(times->stepNanos);
}

struct Planned {
    const RunPlan& plan;
    const Prediction& prediction;
};

// The factor of a link's bandwidth at which `other` becomes as fast as `best`; nothing: none from
// a sixteenth to sixteen.
std::optional<double> flipOf(const Planned& best, const Planned& other, const Machine& machine,
                             std::size_t level) {
    const LinkLevel& link = machine.links[level];
    const auto ahead = [&](double factor) {
        Machine changed = machine;
        changed.links[level] = withBandwidth(link, link.bandwidth * factor);
        return speedOf(best.plan, best.prediction, changed) >=
               speedOf(other.plan, other.prediction, changed);
    };
    for (const double end : {1.0 / 16, 16.0}) {
        if (ahead(end)) continue;
        double same = 1;
        double flipped = end;
        for (int i = 0; i < 6; ++i) {
            const double middle = std::sqrt(same * flipped);
            (ahead(middle) ? same : flipped) = middle;
        }
        return std::sqrt(same * flipped);
    }
    return std::nullopt;
}

std::string flipSentence(const Advice& advice, const Machine& machine) {
    const Option& best = advice.options.front();
    const auto other = std::ranges::find_if(advice.options, [&](const Option& option) {
        const bool differs = option.config.parallel.mode != best.config.parallel.mode ||
                             option.config.parallel.sp != best.config.parallel.sp;
        // Modes that come to the same here are no choice.
        return differs &&
               option.prediction.tokensPerSecond() < 0.995 * best.prediction.tokensPerSecond();
    });
    if (other == advice.options.end()) return "Nothing else fits, so no bandwidth changes this.";
    const double ahead = best.prediction.tokensPerSecond() / other->prediction.tokensPerSecond();
    std::string sentence = fmt::format("Next is {} ({:.2f} × slower); ", other->split, ahead);
    const std::int64_t sharing = std::max(best.config.parallel.sp, other->config.parallel.sp);
    const Result<RunPlan> bestPlan = planRanks(best.config, mostPlannedRanks);
    const Result<RunPlan> otherPlan = planRanks(other->config, mostPlannedRanks);
    const bool planned = bestPlan.ok() && otherPlan.ok();
    for (std::size_t level = 0; planned && level < machine.links.size(); ++level) {
        const LinkLevel& link = machine.links[level];
        const bool used = level == 0 || machine.links[level - 1].reach < sharing;
        if (!used) continue;
        if (const std::optional<double> flip = flipOf(
                {*bestPlan, best.prediction}, {*otherPlan, other->prediction}, machine, level))
            return sentence +
                   fmt::format(
                       "it is faster where {} has {} than {:.0f} GB/s ({:.0f} "
                       "here)",
                       link.name, *flip < 1 ? "less" : "more", link.bandwidth * *flip / 1e9,
                       link.bandwidth / 1e9) +
                   (ahead * 100 - 100 < best.prediction.errorPercent
                        ? ". The error bars of both overlap: run both."
                        : ".");
    }
    return sentence + "no bandwidth of a link from a sixteenth to 16 × changes that" +
           (ahead * 100 - 100 < best.prediction.errorPercent
                ? ". The error bars of both overlap: run both."
                : ".");
}

void sayWhatIsFastest(Advice& advice, const Machine& machine) {
    const Option& best = advice.options.front();
    advice.sentences.push_back(fmt::format("Fastest that fits on {} {}: {}, with {}: {}.",
                                           formatCount(advice.ranks), machine.device.name,
                                           best.split, best.memory, rateWords(best.prediction)));
    const auto bestWhere = [&](const std::function<bool(std::int64_t)>& sharing) {
        return std::ranges::find_if(advice.options, [&](const Option& option) {
            return sharing(option.config.parallel.sp);
        });
    };
    const auto alone = bestWhere([](std::int64_t sharing) { return sharing == 1; });
    const auto split = bestWhere([](std::int64_t sharing) { return sharing > 1; });
    if (alone != advice.options.end() && split != advice.options.end()) {
        const double ratio =
            alone->prediction.tokensPerSecond() / split->prediction.tokensPerSecond();
        if (ratio > 1)
            advice.sentences.push_back(fmt::format(
                "Do not split the sequence here: data parallel is {:.2f} × faster than the best "
                "split ({}). A step then has {} sequences.",
                ratio, split->split, alone->config.parallel.dp));
        else
            advice.sentences.push_back(fmt::format(
                "Splitting the sequence pays: data parallel fits, and has {:.2f} × fewer tokens/s.",
                1 / ratio));
    } else if (split != advice.options.end() && advice.ranks > 1) {
        advice.sentences.push_back(
            "The sequence must be split: one device cannot hold one, whatever memory settings do.");
    }
    advice.sentences.push_back(flipSentence(advice, machine));
}

}  // namespace

Result<Advice> adviseOn(const RunConfig& config, const Machine& machine, std::int64_t ranks,
                        const std::string& kernel, const std::function<bool()>& stopped) {
    RINGSCOPE_TRY(RunConfig base, onMachine(config, machine, 0));
    Advice advice{.ranks = ranks};
    for (const RunConfig& split : splitsOf(base, ranks)) {
        if (stopped()) return Error{ErrorCode::Cancelled, "stopped"};
        const std::string words = splitWords(split);
        Result<Fitting> fitting = firstThatFits(split, machine);
        if (!fitting.ok()) {
            advice.refused.push_back({words, fitting.error().message});
            continue;
        }
        Result<Prediction> prediction = predictRun(fitting->plan, machine, kernel, fitting->peak);
        if (!prediction.ok()) {
            if (prediction.error().code != ErrorCode::InvalidConfig)
                return std::move(prediction).error();
            advice.refused.push_back({words, prediction.error().message});
            continue;
        }
        (fitting->fits ? advice.options : advice.tooLarge)
            .push_back({.config = fitting->plan.config,
                        .prediction = *std::move(prediction),
                        .split = words,
                        .memory = std::move(fitting->memory)});
    }
    std::ranges::stable_sort(advice.options, std::greater<>{}, [](const Option& option) {
        return option.prediction.tokensPerSecond();
    });
    std::ranges::stable_sort(advice.tooLarge, std::less<>{},
                             [](const Option& option) { return option.prediction.neededBytes(); });
    if (advice.options.empty() && advice.tooLarge.empty())
        return Error{
            ErrorCode::InvalidConfig,
            fmt::format("no way to split this over {} ranks can work; {}: {}", formatCount(ranks),
                        advice.refused.front().split, advice.refused.front().reason)};
    if (!advice.options.empty()) {
        sayWhatIsFastest(advice, machine);
        return advice;
    }
    const Option& least = advice.tooLarge.front();
    advice.sentences.push_back(fmt::format(
        "Nothing fits on {} {}: the least, {} with {}, needs {} of {}. Use more devices, a shorter "
        "sequence or a smaller model.",
        formatCount(ranks), machine.device.name, least.split, least.memory,
        formatBytes({least.prediction.neededBytes()}),
        formatBytes({least.prediction.deviceBytes})));
    return advice;
}

std::vector<std::string> adviceOver(const std::vector<Advice>& advice) {
    const Option* fastest = nullptr;
    const Option* cheapest = nullptr;
    for (const Advice& each : advice)
        for (const Option& option : each.options) {
            const Prediction& prediction = option.prediction;
            if (fastest == nullptr ||
                prediction.tokensPerSecond() > fastest->prediction.tokensPerSecond())
                fastest = &option;
            if (prediction.usdPerHour > 0 &&
                (cheapest == nullptr ||
                 prediction.usdPerMillionTokens() < cheapest->prediction.usdPerMillionTokens()))
                cheapest = &option;
        }
    std::vector<std::string> sentences;
    if (fastest != nullptr && advice.size() > 1)
        sentences.push_back(fmt::format("Fastest of all: {} ranks, {}, with {}: {}.",
                                        formatCount(fastest->prediction.ranks), fastest->split,
                                        fastest->memory, rateWords(fastest->prediction)));
    if (cheapest != nullptr)
        sentences.push_back(
            fmt::format("Cheapest: {} ranks, {}, with {}: {} US dollars for a million tokens.",
                        formatCount(cheapest->prediction.ranks), cheapest->split, cheapest->memory,
                        formatSignificant(cheapest->prediction.usdPerMillionTokens())));
    return sentences;
}

}  // namespace ringscope
