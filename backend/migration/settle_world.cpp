// How many groups of ranks there are, and what that makes of a batch.
#include "backend/config/field_table.h"
#include "backend/config/value_text.h"
#include "backend/core/text.h"
#include "backend/migration/draft.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ringscope {
namespace {

constexpr std::int64_t mostRanks = 65536;

std::optional<std::int64_t> rankCount(const std::optional<std::int64_t>& count) {
    return count && *count >= 1 && *count <= mostRanks ? count : std::nullopt;
}

// "0,1,2,3", or deepspeed's "localhost:0,1@other:0,1"
std::optional<std::int64_t> deviceCount(const std::string& text) {
    if (text.empty() || text.find('$') != std::string::npos) return {};
    std::int64_t count = 0;
    for (const std::string& host : split(text, '@')) {
        const std::string ids =
            host.substr(host.find(':') == std::string::npos ? 0 : host.find(':') + 1);
        count += std::count(ids.begin(), ids.end(), ',') + 1;
    }
    return rankCount(count);
}

// Ranks of a machine.
std::optional<std::int64_t> ranksOfNode(const Draft& draft) {
    if (const auto ranks = rankCount(draft.integerOf(Role::NodeRanks))) return ranks;
    const std::string* devices = draft.textOf(Role::VisibleDevices);
    return devices != nullptr ? deviceCount(*devices) : std::nullopt;
}

// Ranks that split weights or layers have no place in Ringscope: what they become is asked.
std::int64_t decideOtherRanks(Draft& draft, Role role, const std::string& id,
                              const std::string& what) {
    KeyVerdict* const key = draft.keyOf(role);
    if (key == nullptr) return 1;
    const std::optional<std::int64_t> ranks = rankCount(draft.integerOf(role));
    if (!ranks) {
        endanger(*key, "expected a number of ranks; got '" + key->old + "'");
        return 1;
    }
    if (*ranks == 1) {
        hold(*key, "1, so " + what + " is not split");
        return 1;
    }
    const std::string count = std::to_string(*ranks);
    const std::string chosen = draft.decide(
        {.id = id,
         .question = "the old runs split " + what + " over " + count +
                     " ranks, which Ringscope does not; what should these ranks do?",
         .key = {},
         .options =
             {{"replicas", count + " times as many groups, memory.zero 3",
               "parameters are divided among all ranks and gathered a layer at a time; each "
               "group trains on sequences of its own"},
              {"fewer", "fewer ranks",
               "what is left of the ranks holds and computes all of a layer: more memory and "
               "time a rank"}},
         .defaultOption = "replicas",
         .chosen = {}},
        key);
    if (chosen != "replicas") return 1;
    key->newPath = "parallel.dp";
    draft.config().memory.zero = 3;
    return *ranks;
}

std::optional<std::int64_t> groupsOf(Draft& draft, Role role) {
    KeyVerdict* const key = draft.keyOf(role);
    if (key == nullptr) return {};
    const std::optional<std::int64_t> groups = draft.integerOf(role);
    if (groups == -1) {
        key->reason = "-1: all ranks that are left";
        return {};
    }
    if (const auto count = rankCount(groups)) return count;
    endanger(*key, "expected a number of ranks; got '" + key->old + "'");
    return {};
}

void nameGroups(Draft& draft, KeyVerdict& key, const std::string& reason) {
    if (key.verdict == Verdict::Dangerous || key.verdict == Verdict::NeedsDecision) return;
    key.verdict = Verdict::Converted;
    key.newPath = "parallel.dp";
    key.reason = reason;
    draft.setOrigin("parallel.dp", key);
}

void nameWorld(Draft& draft, const std::string& reason) {
    for (const Role role : {Role::World, Role::NodeRanks, Role::Nodes, Role::VisibleDevices})
        if (KeyVerdict* key = draft.keyOf(role)) nameGroups(draft, *key, reason);
}

// Ranks share the experts of a model that has some, where both numbers divide.
void settleExpertRanks(Draft& draft) {
    const auto origin = draft.origins().find("parallel.ep");
    ParallelConfig& parallel = draft.config().parallel;
    const std::int64_t experts = draft.config().model.experts.count;
    const std::int64_t ranks = parallel.sp * parallel.dp;
    const std::int64_t wanted = parallel.ep;
    parallel.ep = experts == 0 ? 1 : std::gcd(wanted, std::gcd(experts, ranks));
    if (parallel.ep == wanted || origin == draft.origins().end()) return;
    KeyVerdict& key = draft.keys[origin->second];
    if (experts == 0)
        drop(key,
             "the model of decision model has no experts; one with experts can be named there");
    else
        endanger(key, std::to_string(wanted) + " ranks do not divide the " + std::to_string(ranks) +
                          " ranks or the " + std::to_string(experts) + " experts; parallel.ep is " +
                          std::to_string(parallel.ep));
}

// With the ranks of all groups: how many groups there are.
void settleGroups(Draft& draft) {
    ParallelConfig& parallel = draft.config().parallel;
    const std::optional<std::int64_t> replicas = groupsOf(draft, Role::Replicas);
    const std::optional<std::int64_t> shards = groupsOf(draft, Role::Shards);
    const std::int64_t others =
        decideOtherRanks(draft, Role::TensorRanks, "tensor_parallel", "a layer's weights") *
        decideOtherRanks(draft, Role::PipelineRanks, "pipeline_parallel", "the layers");
    const bool divides = shards.value_or(1) > 1 || draft.integerOf(Role::Shards) == -1;
    if (divides && !draft.hasOrigin("memory.zero") &&
        draft.config().adapter.kind != AdapterKind::Qlora)
        draft.config().memory.zero = 3;
    const std::int64_t named = replicas.value_or(1) * shards.value_or(1);
    const std::optional<std::int64_t> world = worldOf(draft);
    const std::int64_t left = world ? *world / parallel.sp : named * others;
    const std::int64_t dp = std::max<std::int64_t>(std::clamp<std::int64_t>(left, 1, mostRanks), 1);
    const std::string product = std::to_string(parallel.sp) + " x " + std::to_string(dp);
    if (world && *world % parallel.sp != 0) {
        for (const Role role : {Role::World, Role::NodeRanks})
            if (KeyVerdict* key = draft.keyOf(role))
                endanger(*key, std::to_string(*world) + " ranks are no multiple of the " +
                                   std::to_string(parallel.sp) + " that share a sequence; " +
                                   product + " are used");
    }
    if (!findField("parallel.dp")->set(draft.config(), std::to_string(dp)).ok()) return;
    if (world)
        nameWorld(draft, std::to_string(*world) + " ranks of all groups together: parallel.sp " +
                             std::to_string(parallel.sp) + " x parallel.dp " + std::to_string(dp));
    for (const Role role : {Role::Replicas, Role::Shards})
        if (KeyVerdict* key = draft.keyOf(role);
            key != nullptr && key->verdict != Verdict::Dangerous) {
            if (world && named > 1 && named * others * parallel.sp != *world)
                nameGroups(draft, *key,
                           "with the ranks that share a sequence " +
                               std::to_string(named * others * parallel.sp) + ", but there are " +
                               std::to_string(*world) +
                               "; both are ranks of the same groups: parallel.dp " +
                               std::to_string(dp));
            else
                nameGroups(draft, *key, "groups of ranks with sequences of their own");
        }
}

// What is left of the ranks' keys where nothing says how many there are.
void settleUnknownWorld(Draft& draft) {
    for (const Role role : {Role::World, Role::NodeRanks, Role::Nodes, Role::VisibleDevices}) {
        KeyVerdict* const key = draft.keyOf(role);
        if (key == nullptr || key->verdict != Verdict::Converted || draft.hasOrigin("parallel.dp"))
            continue;
        drop(*key, "not the number of all ranks; parallel.dp is " +
                       std::to_string(draft.config().parallel.dp));
    }
}

// Sequences of a step over all groups, which accumulation makes up.
void settleGlobalBatch(Draft& draft) {
    if (KeyVerdict* const drawn = draft.keyOf(Role::DataBatch)) {
        if (draft.keyOf(Role::GlobalBatch) == nullptr)
            draft.setRole(Role::GlobalBatch, draft.placeOf(Role::DataBatch));
        else
            drop(*drawn, std::string(noLearner));
    }
    KeyVerdict* const key = draft.keyOf(Role::GlobalBatch);
    if (key == nullptr) return;
    TrainConfig& train = draft.config().train;
    const std::int64_t dp = draft.config().parallel.dp;
    std::optional<std::int64_t> all = draft.integerOf(Role::GlobalBatch);
    if (all && *all < mostRanks * mostRanks) *all *= draft.sequencesOfSample;
    if (!all || *all < 1)
        return endanger(*key, "expected a number of sequences; got '" + key->old + "'");
    const std::int64_t at = train.batch * dp;
    const std::string words = "train.batch " + std::to_string(train.batch) +
                              " x train.grad_accum " + std::to_string(train.gradAccum) +
                              " x parallel.dp " + std::to_string(dp);
    if (draft.hasOrigin("train.grad_accum")) {
        if (at * train.gradAccum == *all) return hold(*key, words);
        if (!worldOf(draft) && !draft.hasOrigin("parallel.dp") &&
            *all % (train.batch * train.gradAccum) == 0 &&
            *all / (train.batch * train.gradAccum) <= 4096) {
            const std::int64_t groups = *all / (train.batch * train.gradAccum);
            draft.config().parallel.dp = groups;
            key->reason = "with train.batch and train.grad_accum: so many groups";
            key->newPath = "parallel.dp";
            return draft.setOrigin("parallel.dp", *key);
        }
        return endanger(*key, "not the product " + words + ", which is used");
    }
    if (*all % at != 0 ||
        !findField("train.grad_accum")->set(draft.config(), std::to_string(*all / at)).ok())
        return endanger(*key, "no multiple of train.batch x parallel.dp " + std::to_string(at) +
                                  "; train.grad_accum is " + std::to_string(train.gradAccum));
    key->reason = "sequences of a step over all groups, divided by train.batch and parallel.dp";
    key->newPath = "train.grad_accum";
    draft.setOrigin("train.grad_accum", *key);
}

// At most so many samples of each data set, as often as epochs say, as steps.
void settleMostSamples(Draft& draft, std::int64_t step) {
    KeyVerdict* const key = draft.keyOf(Role::MostSamples);
    if (key == nullptr) return;
    if (draft.hasOrigin("train.steps"))
        return hold(*key, "the number of steps is given, and decides alone");
    const std::optional<std::int64_t> most = draft.integerOf(Role::MostSamples);
    const std::optional<double> epochs = realOf(draft, Role::Epochs);
    if (!most || *most < 1)
        return endanger(*key, "expected a number of samples; got '" + key->old + "'");
    if (!epochs || !(*epochs > 0))
        return drop(*key, "without epochs it says nothing of a run's length; train.steps is " +
                              std::to_string(draft.config().train.steps));
    const std::string* data = draft.textOf(Role::Data);
    const bool each = draft.source().kind != "openrlhf" && data != nullptr;
    const auto sets = each ? std::ranges::count(*data, ',') + 1 : 1;
    const double samples = static_cast<double>(*most) * static_cast<double>(sets) * *epochs;
    const double steps = std::ceil(samples / static_cast<double>(step));
    if (!findField("train.steps")
             ->set(draft.config(), std::to_string(static_cast<std::int64_t>(std::min(steps, 1e12))))
             .ok())
        return endanger(*key, "more samples than a run may have; train.steps is " +
                                  std::to_string(draft.config().train.steps));
    key->newPath = "train.steps";
    key->reason = "so many samples" + std::string(sets > 1 ? " of each data set" : "") +
                  ", as often as epochs say, in steps of " + std::to_string(step) + " sequences";
    draft.setOrigin("train.steps", *key);
}

// Samples of the whole run as steps.
void settleSamples(Draft& draft) {
    KeyVerdict* const samples = draft.keyOf(Role::Samples);
    KeyVerdict* const warmup = draft.keyOf(Role::LrWarmupSamples);
    TrainConfig& train = draft.config().train;
    const std::int64_t step =
        std::max<std::int64_t>(train.batch * train.gradAccum * draft.config().parallel.dp, 1);
    settleMostSamples(draft, step);
    if (samples != nullptr) {
        const std::optional<std::int64_t> all = draft.integerOf(Role::Samples);
        const std::int64_t steps = all.value_or(0) / step;
        if (steps < 1 ||
            !findField("train.steps")->set(draft.config(), std::to_string(steps)).ok()) {
            endanger(*samples, "expected a number of samples; got '" + samples->old + "'");
        } else {
            train.warmupSteps = std::min(train.warmupSteps, train.steps - 1);
            samples->reason = "divided by the sequences of a step, " + std::to_string(step);
            draft.setOrigin("train.steps", *samples);
        }
    }
    if (warmup == nullptr) return;
    const std::int64_t steps = draft.integerOf(Role::LrWarmupSamples).value_or(-1) / step;
    if (steps < 0 || !findField("train.lr_warmup")->set(draft.config(), std::to_string(steps)).ok())
        return endanger(*warmup, "expected a number of samples; got '" + warmup->old + "'");
    warmup->reason = "divided by the sequences of a step, " + std::to_string(step);
    draft.setOrigin("train.lr_warmup", *warmup);
}

}  // namespace

std::optional<std::int64_t> worldOf(const Draft& draft) {
    if (const auto world = rankCount(draft.integerOf(Role::World))) return world;
    const std::optional<std::int64_t> node = ranksOfNode(draft);
    if (!node) return {};
    const bool named = draft.textOf(Role::Nodes) != nullptr;
    const std::optional<std::int64_t> nodes = rankCount(draft.integerOf(Role::Nodes));
    if (named && !nodes) return {};
    return rankCount(*node * nodes.value_or(1));
}

void settleWorld(Draft& draft) {
    settleGroups(draft);
    settleExpertRanks(draft);
    settleUnknownWorld(draft);
    settleGlobalBatch(draft);
    settleSamples(draft);
    if (draft.config().parallel.sp == 1)
        draft.notes.push_back(
            "the files ask for no sequence parallelism: every rank trains on whole "
            "sequences, as in the old stack");
}

}  // namespace ringscope
