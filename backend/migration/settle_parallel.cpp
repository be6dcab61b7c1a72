#include "backend/config/conflicts.h"
#include "backend/config/field_table.h"
#include "backend/config/mode_aliases.h"
#include "backend/config/mode_names.h"
#include "backend/config/value_text.h"
#include "backend/core/units.h"
#include "backend/migration/draft.h"
#include "backend/migration/sequence_length.h"
#include "backend/plan/mode_table.h"
#include "backend/plan/run_plan.h"

#include <algorithm>

namespace ringscope {
namespace {

constexpr std::string_view alstHazard =
    "the newest known revision of the fork shards the data but not attention, so every rank "
    "attends "
    "to its own shard only and trains another model; ulysses attends to the whole sequence, so "
    "losses will differ from the old run's";

void settleSize(Draft& draft) {
    KeyVerdict* key = draft.keyOf(Role::Size);
    if (key == nullptr) return;
    draft.setField(static_cast<std::size_t>(key - draft.keys.data()));
    const bool alone =
        draft.source().kind == deepSpeedKind && key->verdict == Verdict::Renamed &&
        std::ranges::find(draft.keys, "data_parallel_size", &KeyVerdict::path) == draft.keys.end();
    if (alone)
        key->reason += "; without data_parallel_size DeepSpeed only divides the world size by it";
}

bool hasAlstKeys(const Draft& draft) {
    return std::ranges::any_of(draft.keys,
                               [](const KeyVerdict& key) { return key.path.starts_with("alst_"); });
}

// The path under which this kind of file would name a mode; empty where it has no such key.
std::string_view modePath(const Source& source) {
    const auto rule = std::ranges::find(source.rules, Role::Mode, &KeyRule::role);
    return rule == source.rules.end() ? std::string_view{} : rule->path;
}

KeyVerdict& addAbsentMode(Draft& draft, std::string_view value) {
    KeyVerdict& key = draft.keys.emplace_back();
    key.path = modePath(draft.source());
    key.newPath = "parallel.mode";
    key.old = value;
    key.verdict = Verdict::Converted;
    draft.setOrigin("parallel.mode", key);
    return key;
}

// The fork has another default than 360-LLaMA-Factory, so the same file means two modes.
void decideForkDefault(Draft& draft) {
    KeyVerdict& key = addAbsentMode(draft, "");
    draft.config().parallel.mode = draft.decide(
        {.id = "mode",
         .question = "the file names no mode: 360-LLaMA-Factory takes zigzag-ring, its ALST fork "
                     "deepspeed-alst; which did it run under?",
         .key = {},
         .options = {{"zigzag", "zigzag-ring, as before the fork",
                      "keys and values go round a ring"},
                     {"ulysses", "deepspeed-alst, the fork's default", std::string(alstHazard)}},
         .defaultOption = hasAlstKeys(draft) ? "ulysses" : "zigzag",
         .chosen = {}},
        &key);
}

// accelerate's torch backend shards an early and a late chunk to each rank.
bool isTorchContextParallel(Draft& draft) {
    const KeyVerdict* size = draft.keyOf(Role::Size);
    const std::string* backend = draft.textOf(Role::CpBackend);
    return size != nullptr && size->path.ends_with("cp_size") &&
           draft.source().kind == "accelerate" && (backend == nullptr || *backend != "deepspeed");
}

void settleAbsentMode(Draft& draft) {
    const Source& source = draft.source();
    if (source.impliedMode.empty()) return decideForkDefault(draft);
    const bool torch = isTorchContextParallel(draft);
    const ModeAlias* alias = findModeAlias(source.impliedMode);
    draft.config().parallel.mode =
        torch ? "zigzag" : std::string(alias != nullptr ? alias->now : source.impliedMode);
    if (modePath(source).empty()) {
        if (KeyVerdict* size = draft.keyOf(Role::Size))
            size->reason += torch ? "; torch gives each an early and a late chunk: mode zigzag"
                                  : "; they split the heads: mode ulysses";
        return;
    }
    KeyVerdict& key = addAbsentMode(draft, source.impliedMode);
    key.reason = "not in the file; " + std::string(source.impliedMode) + " is the default of " +
                 std::string(source.kind);
    if (source.kind == llamaFactoryKind)
        key.reason += ", while its ALST fork would take deepspeed-alst for the same file";
}

void decideMode(Draft& draft, KeyVerdict& key) {
    std::vector<DecisionOption> options;
    for (const Mode& mode : modeTable())
        if (mode.sharded)
            options.push_back(
                {std::string(mode.name), "mode " + std::string(mode.name), std::string(mode.help)});
    draft.config().parallel.mode = draft.decide(
        {.id = "mode",
         .question = shown(key.old) + " is no mode that splits a sequence; which mode should the "
                                      "experiment use?",
         .key = {},
         .options = std::move(options),
         .defaultOption = "zigzag",
         .chosen = {}},
        &key);
}

void settleNamedMode(Draft& draft, KeyVerdict& key) {
    const ModeAlias* alias = findModeAlias(key.old);
    const Mode* mode = findMode(alias != nullptr ? alias->now : key.old);
    if (mode == nullptr || !mode->sharded) return decideMode(draft, key);
    draft.config().parallel.mode = mode->name;
    const bool sameName = key.old == mode->name;
    key.verdict = sameName ? Verdict::Renamed : Verdict::Converted;
    key.reason = mode->help;
    if (key.old == "deepspeed-alst") endanger(key, std::string(alstHazard));
}

void settleMode(Draft& draft) {
    KeyVerdict* key = draft.keyOf(Role::Mode);
    if (draft.config().parallel.sp == 1) {
        draft.config().parallel.mode = modenames::none;
        if (key == nullptr) return;
        draft.setOrigin("parallel.mode", *key);
        key->verdict = Verdict::Converted;
        key->reason = "a sequence stays on one rank, so there is nothing to split";
    } else if (key == nullptr) {
        settleAbsentMode(draft);
    } else {
        settleNamedMode(draft, *key);
        draft.setOrigin("parallel.mode", *key);
    }
}

// Groups that split heads within a ring.
void settleGroups(Draft& draft, KeyVerdict& key) {
    const std::int64_t ranks = draft.config().parallel.sp;
    const std::optional<std::int64_t> degree = parseInteger(key.old);
    if (draft.config().parallel.mode != modenames::usp) {
        key.verdict = Verdict::Dropped;
        key.newPath.clear();
        key.reason = "only usp reads it";
    } else if (!degree || *degree < 1 || ranks % *degree != 0) {
        endanger(key, "expected a number that divides the " + std::to_string(ranks) +
                          " ranks that share a sequence; usp chooses its groups instead");
    } else {
        draft.config().parallel.ulysses = *degree;
        draft.setOrigin("parallel.ulysses", key);
    }
}

void settleDegree(Draft& draft) {
    KeyVerdict* key = draft.keyOf(Role::UlyssesDegree);
    if (key == nullptr || key->verdict == Verdict::Dropped) return;
    if (key->newPath == "parallel.ulysses") return settleGroups(draft, *key);
    std::int64_t& ranks = draft.config().parallel.sp;
    const std::optional<std::int64_t> degree = parseInteger(key->old);
    if (!degree || *degree < 1) {
        endanger(*key, "expected a number of ranks; got '" + key->old + "', and all ranks of " +
                           "sequence_parallel_size count instead");
    } else if (draft.config().parallel.mode != "ulysses") {
        key->verdict = Verdict::Dropped;
        key->newPath.clear();
        key->reason = "only deepspeed-alst reads it";
    } else if (*degree > ranks) {
        endanger(*key,
                 "more than the " + std::to_string(ranks) + (ranks == 1 ? " rank" : " ranks") +
                     " that share a sequence; the fork warns and uses " + std::to_string(ranks));
    } else if (*degree < ranks) {
        ranks = parseInteger(
                    draft.decide(
                        {.id = "degree",
                         .question = "sequence_parallel_size is " + std::to_string(ranks) +
                                     " and alst_ulysses_degree " + std::to_string(*degree) +
                                     "; how many ranks should share a sequence?",
                         .key = {},
                         .options = {{std::to_string(ranks), std::to_string(ranks) + " ranks",
                                      "as many processes as the old run had for a sequence"},
                                     {std::to_string(*degree), std::to_string(*degree) + " ranks",
                                      "as many ranks as split the heads in the old run"}},
                         .defaultOption = std::to_string(ranks),
                         .chosen = {}},
                        key))
                    .value_or(ranks);
    }
}

// Whether mode and ranks suit the model, at a length that any mode can split.
bool headsFit(const RunConfig& config, const std::string& mode, std::int64_t ranks) {
    RunConfig probe = config;
    probe.parallel.mode = mode;
    probe.parallel.sp = ranks;
    return sequenceFits(probe, 2 * ranks);
}

// The legal number of ranks nearest to the wanted one, in steps of -1 or 1.
std::optional<std::int64_t> nearestRanks(const RunConfig& config, std::int64_t step) {
    const std::int64_t most = std::min<std::int64_t>(config.model.heads, 1024);
    for (std::int64_t ranks = std::min(config.parallel.sp + step, most); ranks > 1 && ranks <= most;
         ranks += step)
        if (headsFit(config, config.parallel.mode, ranks)) return ranks;
    return std::nullopt;
}

void settleHeads(Draft& draft) {
    RunConfig& config = draft.config();
    if (headsFit(config, config.parallel.mode, config.parallel.sp)) return;
    if (config.parallel.mode == modenames::usp && config.parallel.ulysses) {
        draft.notes.push_back("groups of " + std::to_string(*config.parallel.ulysses) +
                              " ranks cannot split the model's heads; usp chooses its groups");
        config.parallel.ulysses.reset();
        return;
    }
    const std::string ranks = std::to_string(config.parallel.sp) + " ranks";
    std::vector<DecisionOption> options = {
        {"zigzag", "zigzag on " + ranks, "heads stay together, so any number of ranks will do"},
        {"ring", "ring on " + ranks,
         "the same without zigzag's balance: under a causal mask early ranks wait for late ones"}};
    for (const std::int64_t step : {-1, 1})
        if (const std::optional<std::int64_t> legal = nearestRanks(config, step))
            options.push_back({"ulysses-" + std::to_string(*legal),
                               "ulysses on " + std::to_string(*legal) + " ranks",
                               "the old mode on another number of processes"});
    const std::string chosen =
        draft.decide({.id = "ranks",
                      .question = config.parallel.mode + " splits " +
                                  std::to_string(config.model.heads) + " heads and " +
                                  std::to_string(config.model.kvHeads) + " key/value heads over " +
                                  ranks + ", which do not divide; what should run instead?",
                      .key = {},
                      .options = std::move(options),
                      .defaultOption = "zigzag",
                      .chosen = {}},
                     draft.keyOf(Role::Size));
    if (const std::size_t dash = chosen.find('-'); dash != std::string::npos)
        config.parallel.sp = parseInteger(chosen.substr(dash + 1)).value_or(config.parallel.sp);
    config.parallel.mode = chosen.substr(0, chosen.find('-'));
}

// Bytes of one step's messages on the rank that needs most, under the mode that needs most among
// the experiment's own and those suggested beside it.
std::int64_t largestMessages(const RunConfig& config) {
    RunConfig probe = config;
    probe.data.packing = false;
    probe.parallel.commBufferLimit = {std::int64_t{1} << 50};
    std::int64_t most = 0;
    for (const Mode& mode : modeTable()) {
        if (mode.name != config.parallel.mode && !isComparable(config, mode)) continue;
        probe.parallel.mode = mode.name;
        const Result<RunPlan> plan = planRun(probe);
        if (plan.ok()) most = std::max(most, plan->commBufferBytes);
    }
    return most;
}

// The old stacks have no such limit, so it is raised until neither the experiment nor a comparison
// of modes with it is refused.
void raiseBufferLimit(Draft& draft) {
    constexpr std::int64_t gibibyte = std::int64_t{1} << 30;
    if (!findConflicts(draft.config()).empty()) return;
    const std::int64_t bytes = largestMessages(draft.config());
    Bytes& limit = draft.config().parallel.commBufferLimit;
    if (bytes <= limit.count) return;
    limit = {(bytes + gibibyte - 1) / gibibyte * gibibyte};
    draft.notes.push_back("one step's messages take up to " + formatBytes({bytes}) +
                          " on a rank, so parallel.comm_buffer_limit is raised to " +
                          formatBytes(limit));
}

}  // namespace

void settleParallel(Draft& draft) {
    settleSize(draft);
    settleMode(draft);
    settleDegree(draft);
    settleHeads(draft);
    settleSequenceLength(draft);
    raiseBufferLimit(draft);
}

}  // namespace ringscope
