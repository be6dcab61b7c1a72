#include "backend/migration/costs.h"

#include "backend/config/value_text.h"
#include "backend/core/text.h"
#include "backend/core/units.h"
#include "backend/memory/memory_plan.h"
#include "backend/migration/experiment_source.h"
#include "backend/migration/key_rules.h"
#include "backend/migration/old_way.h"
#include "backend/migration/proof.h"
#include "backend/model/parameter_list.h"
#include "backend/plan/planned_ranks.h"
#include "backend/simulate/prediction.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace ringscope {
namespace {

// A list of all known models would take long; the chosen one has its cost.
constexpr std::size_t mostPricedOptions = 8;

std::optional<RunConfig> configIn(const std::string& experiment) {
    const ExperimentReading reading = readMigrated(experiment);
    if (!reading.ok()) return std::nullopt;
    return reading.experiment.base;
}

// A configuration, and what its plan says.
struct PlanFacts {
    RunConfig config{};
    RunPlan plan{};
    PredictedPeak peak{};
};

// On the machine's devices, whatever the experiment says of them. Nothing where it cannot be
// planned.
std::optional<PlanFacts> factsOf(const RunConfig& config, const Machine& machine) {
    const Result<RunConfig> moved = onMachine(config, machine, 0);
    if (!moved.ok()) return std::nullopt;
    Result<RunPlan> plan = planRanks(*moved, mostPlannedRanks);
    if (!plan.ok()) return std::nullopt;
    const PredictedPeak peak = predictedPeak(*plan);
    return PlanFacts{.config = config, .plan = std::move(plan).value(), .peak = peak};
}

PlannedCost costOf(const PlanFacts& facts, const Machine& machine) {
    const RunPlan& plan = facts.plan;
    PlannedCost cost{.peakBytes = facts.peak.bytes(),
                     .sentBytes = plan.attentionBytesPerStep + plan.gradientBytesPerStep +
                                  plan.expertBytesPerStep};
    if (const Result<StepTimes> times = predictTimes(plan, machine); times.ok())
        cost.stepNanos = times->stepNanos;
    return cost;
}

std::optional<PlannedCost> costOf(const RunConfig& config, const Machine& machine) {
    const std::optional<PlanFacts> facts = factsOf(config, machine);
    if (!facts) return std::nullopt;
    return costOf(*facts, machine);
}

// Of the experiment under the old way's mode.
std::optional<PlannedCost> oldCostOf(RunConfig config, const std::string& mode,
                                     const Machine& machine) {
    if (!takesLayouts(mode)) removeLayout(config.parallel);
    config.parallel.mode = mode;
    return costOf(config, machine);
}

std::string bytesWords(std::int64_t bytes) { return formatBytes({bytes}); }

std::int64_t ofCategory(const PlanFacts& facts, MemoryCategory category) {
    return facts.peak.held[static_cast<std::size_t>(category)];
}

std::int64_t bytesOfNumber(const RunConfig& config) {
    return config.train.precision == NumberFormat::Fp32 ? 4 : 2;
}

// Of weights that ranks divide where they divide the trained ones.
std::int64_t weightBytesOfRank(const PlanFacts& facts, std::int64_t bytesOfOne) {
    const std::int64_t ranks = facts.config.memory.zero == 3 ? facts.plan.ranks : 1;
    return facts.plan.parameters * bytesOfOne / ranks;
}

std::string secondModelWords(const PlanFacts& facts, const KeyVerdict& /*key*/) {
    return "weights of a second model of this size would take " +
           bytesWords(weightBytesOfRank(facts, bytesOfNumber(facts.config))) + " more a rank";
}

std::string optimizerWords(const PlanFacts& facts, const KeyVerdict& /*key*/) {
    return "the optimizer's state takes " +
           bytesWords(ofCategory(facts, MemoryCategory::Optimizer)) + " of a rank's " +
           bytesWords(facts.peak.bytes());
}

std::string weightWords(const PlanFacts& facts, const KeyVerdict& /*key*/) {
    const std::int64_t held = ofCategory(facts, MemoryCategory::Parameters);
    return "weights take " + bytesWords(held) + " of a rank's " + bytesWords(facts.peak.bytes()) +
           "; in 8 bits " + bytesWords(weightBytesOfRank(facts, 1));
}

std::string gradientWords(const PlanFacts& facts, const KeyVerdict& /*key*/) {
    const std::int64_t sent = facts.plan.gradientBytesPerStep;
    return sent == 0 ? std::string()
                     : "a rank sends " + bytesWords(sent) + " of gradients a step, " +
                           bytesWords(sent / 2) + " in half precision";
}

// A bucket of so many numbers, beside a layer.
std::string pieceWords(const PlanFacts& facts, const KeyVerdict& key) {
    const std::optional<double> numbers = parseReal(key.old);
    const ModelConfig& model = facts.config.model;
    const std::vector<ParameterSpec> all = parameterList(model, facts.plan.layers);
    std::int64_t layer = 0;
    for (const ParameterSpec& parameter : all)
        if (parameter.name.starts_with("layers.0.")) layer += parameter.elements();
    if (!numbers || !(*numbers >= 1) || *numbers > 1e15 || layer == 0) return {};
    const std::int64_t bytes = bytesOfNumber(facts.config);
    return "a layer has " + bytesWords(layer * bytes) + ", the old stack's pieces up to " +
           bytesWords(static_cast<std::int64_t>(*numbers) * bytes);
}

struct PricedReason {
    std::string_view reason;
    std::string (*words)(const PlanFacts&, const KeyVerdict&);
};
constexpr std::array pricedReasons = {
    PricedReason{noSecondModel, secondModelWords}, PricedReason{wholeOptimizer, optimizerWords},
    PricedReason{wholeWeights, weightWords}, PricedReason{wideGradients, gradientWords},
    PricedReason{ownPieces, pieceWords}};

std::string oldStackWords(const PlannedCost& here, const PlannedCost& old) {
    const std::string difference = costDifference(here, old);
    return difference.empty() ? "the same memory and messages as in the old stack"
                              : "in the old stack " + difference;
}

void addKeyCosts(const PlanFacts& facts, const PlannedCost& here, Migration& migration) {
    for (KeyVerdict& key : migration.keys) {
        if (key.verdict != Verdict::Dropped && key.verdict != Verdict::Dangerous &&
            key.verdict != Verdict::NeedsDecision)
            continue;
        const auto priced = std::ranges::find_if(
            pricedReasons, [&](const PricedReason& row) { return key.reason == row.reason; });
        std::string words;
        if (priced != pricedReasons.end())
            words = priced->words(facts, key);
        else if (key.wasLegacy && migration.oldCost)
            words = oldStackWords(here, *migration.oldCost);
        if (!words.empty()) key.cost = "on " + migration.costMachine + " " + words;
    }
}

void addOptionCosts(const MigrationInput& input, const MigrationAnswers& answers,
                    const Machine& machine, Migration& migration) {
    for (Decision& decision : migration.decisions)
        for (DecisionOption& option : decision.options) {
            if (option.id == decision.chosen) {
                option.cost = migration.cost;
                continue;
            }
            if (decision.options.size() > mostPricedOptions) continue;
            MigrationAnswers tried = answers;
            tried.options[decision.id] = option.id;
            const Result<Migration> other = migrate(input, tried);
            if (!other.ok() || !other->problems.empty()) continue;
            if (const std::optional<RunConfig> config = configIn(other->experiment))
                option.cost = costOf(*config, machine);
        }
}

std::string signedBytes(std::int64_t bytes) {
    return bytesWords(std::abs(bytes)) + (bytes > 0 ? " higher" : " lower");
}

}  // namespace

void addCosts(const MigrationInput& input, const MigrationAnswers& answers, const Machine& machine,
              Migration& migration) {
    const std::optional<RunConfig> config = configIn(migration.experiment);
    if (!config || !migration.changed) return;
    migration.costMachine = machine.name;
    const std::optional<PlanFacts> facts = factsOf(*config, machine);
    migration.cost.reset();
    if (facts) migration.cost = costOf(*facts, machine);
    const std::string& old = migration.oldWay.mode;
    if (config->parallel.sp == 1)
        migration.oldCost.reset();
    else if (old.empty() || old == config->parallel.mode)
        migration.oldCost = migration.cost;
    else
        migration.oldCost = oldCostOf(*config, old, machine);
    if (facts) addKeyCosts(*facts, *migration.cost, migration);
    addOptionCosts(input, answers, machine, migration);
}

std::string costWords(const PlannedCost& cost, const std::string& machine) {
    std::string words = "on " + machine + " a peak of " + bytesWords(cost.peakBytes) + " a rank, " +
                        bytesWords(cost.sentBytes) + " sent a step";
    if (cost.stepNanos > 0) words += ", " + formatDuration(Nanos(cost.stepNanos)) + " a step";
    return words;
}

std::string costDifference(const PlannedCost& here, const PlannedCost& other) {
    std::vector<std::string> parts;
    const auto ratio = [](std::int64_t a, std::int64_t b) {
        return static_cast<double>(b) / static_cast<double>(a);
    };
    if (other.peakBytes != here.peakBytes)
        parts.push_back("peak " + signedBytes(other.peakBytes - here.peakBytes) + " a rank");
    if (other.sentBytes != here.sentBytes)
        parts.push_back(here.sentBytes == 0
                            ? bytesWords(other.sentBytes) + " sent a step instead of none"
                            : formatSignificant(ratio(here.sentBytes, other.sentBytes)) +
                                  " x the bytes sent");
    const bool timed = here.stepNanos > 0 && other.stepNanos > 0;
    if (timed && other.stepNanos != here.stepNanos)
        parts.push_back(formatSignificant(ratio(here.stepNanos, other.stepNanos)) + " x the time");
    return join(parts, ", ");
}

}  // namespace ringscope
