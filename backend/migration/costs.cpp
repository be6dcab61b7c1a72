#include "backend/migration/costs.h"

#include "backend/config/experiment.h"
#include "backend/config/field_table.h"
#include "backend/config/mode_names.h"
#include "backend/config/value_text.h"
#include "backend/core/text.h"
#include "backend/core/units.h"
#include "backend/memory/memory_plan.h"
#include "backend/migration/key_rules.h"
#include "backend/model/parameter_list.h"
#include "backend/plan/planned_ranks.h"
#include "backend/simulate/prediction.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace ringscope {
namespace {

// A list of all known models would take long; the chosen one has its cost.
constexpr std::size_t mostPricedOptions = 8;

std::optional<RunConfig> configIn(const std::string& experiment) {
    const ExperimentReading reading = readExperiment(
        {.fileName = "experiment", .fileText = experiment, .environment = {}, .overrides = {}});
    if (!reading.ok()) return std::nullopt;
    return reading.experiment.base;
}

// On the machine's devices, whatever the experiment says of them.
Result<RunPlan> planOf(const RunConfig& config, const Machine& machine) {
    RINGSCOPE_TRY(const RunConfig moved, onMachine(config, machine, 0));
    return planRanks(moved, mostPlannedRanks);
}

std::optional<PlannedCost> costOf(const RunConfig& config, const Machine& machine) {
    const Result<RunPlan> plan = planOf(config, machine);
    if (!plan.ok()) return std::nullopt;
    PlannedCost cost{.peakBytes = predictedPeak(*plan).bytes(),
                     .sentBytes = plan->attentionBytesPerStep + plan->gradientBytesPerStep +
                                  plan->expertBytesPerStep};
    if (const Result<StepTimes> times = predictTimes(*plan, machine); times.ok())
        cost.stepNanos = times->stepNanos;
    return cost;
}

// What the plan of the experiment says besides its cost.
struct PlanFacts {
    RunConfig config{};
    RunPlan plan{};
    PredictedPeak peak{};
};

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

// Legacy takes no layout but its own.
RunConfig withoutLayout(RunConfig config) {
    const ParallelConfig usual;
    config.parallel.layout = usual.layout;
    config.parallel.tokenOrder = usual.tokenOrder;
    config.parallel.image = usual.image;
    return config;
}

// The experiment with the old stack's value of a field, beside it.
std::string oldWayWords(const RunConfig& config, const PlannedCost& here, const KeyVerdict& key,
                        const Machine& machine) {
    RunConfig old = config;
    const Field* field = findField(key.oldWay.path);
    if (field == nullptr || !field->set(old, key.oldWay.value).ok()) return {};
    if (old.parallel.mode == modenames::legacy) old = withoutLayout(old);
    const std::optional<PlannedCost> cost = costOf(old, machine);
    if (!cost) return {};
    const std::string difference = costDifference(here, *cost);
    return difference.empty() ? "the same memory and messages as in the old stack"
                              : "in the old stack " + difference;
}

void addKeyCosts(const RunConfig& config, const Machine& machine, Migration& migration) {
    const Result<RunPlan> plan = planOf(config, machine);
    if (!plan.ok() || !migration.cost) return;
    const PlanFacts facts{.config = config, .plan = *plan, .peak = predictedPeak(*plan)};
    for (KeyVerdict& key : migration.keys) {
        if (key.verdict != Verdict::Dropped && key.verdict != Verdict::Dangerous) continue;
        const auto priced = std::ranges::find_if(
            pricedReasons, [&](const PricedReason& row) { return key.reason == row.reason; });
        if (priced != pricedReasons.end())
            key.cost = priced->words(facts, key);
        else if (!key.oldWay.path.empty())
            key.cost = oldWayWords(config, *migration.cost, key, machine);
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
    migration.cost = costOf(*config, machine);
    RunConfig old = withoutLayout(*config);
    old.parallel.mode = modenames::legacy;
    if (config->parallel.sp > 1) migration.oldCost = costOf(old, machine);
    addKeyCosts(*config, machine, migration);
    addOptionCosts(input, answers, machine, migration);
}

std::string costWords(const PlannedCost& cost, const std::string& machine) {
    std::string words =
        bytesWords(cost.peakBytes) + " a rank, " + bytesWords(cost.sentBytes) + " sent a step";
    if (cost.stepNanos > 0 && !machine.empty())
        words += ", " + formatDuration(Nanos(cost.stepNanos)) + " a step on " + machine;
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
