#include "backend/config/conflicts.h"
#include "backend/config/mode_aliases.h"
#include "backend/config/mode_names.h"
#include "backend/config/value_text.h"
#include "backend/core/text.h"
#include "backend/core/units.h"
#include "backend/migration/draft.h"
#include "backend/migration/known_calls.h"
#include "backend/migration/old_way.h"
#include "backend/migration/sequence_length.h"
#include "backend/plan/mode_table.h"
#include "backend/plan/run_plan.h"

#include <algorithm>
#include <array>

namespace ringscope {
namespace {

constexpr std::string_view alstHazard =
    "the newest known revision of the fork shards the data but not attention, so every rank "
    "attends "
    "to its own shard only and trains another model; ulysses attends to the whole sequence, so "
    "losses will differ from the old run's";

// Names of modes that only keys of other stacks have.
struct ModeWord {
    std::string_view old;
    std::string_view now;
};
constexpr std::array modeWords = {
    ModeWord{"zigzag_ring_attn", modenames::zigzag}, ModeWord{"dist_flash_attn", modenames::zigzag},
    ModeWord{"ulysses_attn", modenames::ulysses},    ModeWord{"usp_attn", modenames::usp},
    ModeWord{"data_parallel", modenames::none},      ModeWord{"ring_attention", modenames::zigzag},
    ModeWord{"batch_ring", modenames::ring},         ModeWord{"batch_zigzag", modenames::zigzag},
    ModeWord{"batch_stripe", modenames::striped},    ModeWord{"ring_attn", modenames::ring},
};

// What a file calls a mode, as Ringscope calls it; empty where it is no mode.
std::string_view modeNamed(std::string_view word) {
    if (const auto row = std::ranges::find(modeWords, word, &ModeWord::old); row != modeWords.end())
        return row->now;
    const ModeAlias* alias = findModeAlias(word);
    const Mode* mode = findMode(alias != nullptr ? alias->now : word);
    return mode == nullptr ? std::string_view() : mode->name;
}

std::size_t placeOf(const Draft& draft, const KeyVerdict& key) {
    return static_cast<std::size_t>(&key - draft.keys.data());
}

// Ranks that share a sequence, where a file leaves them to its launcher.
void decideSize(Draft& draft) {
    std::vector<DecisionOption> options;
    for (const std::string_view ranks : {"2", "4", "8"})
        options.push_back({std::string(ranks), std::string(ranks) + " ranks",
                           "each holds 1/" + std::string(ranks) + " of a sequence"});
    const std::string chosen = draft.decide(
        {.id = "sp",
         .question = "the file leaves the number of ranks to its launcher; how many should share a "
                     "sequence?",
         .key = {},
         .options = std::move(options),
         .defaultOption = "2",
         .chosen = {}},
        nullptr);
    draft.config().parallel.sp = parseInteger(chosen).value_or(2);
}

// Of a hybrid the product of both degrees.
std::optional<std::int64_t> degreesOf(const Draft& draft) {
    const std::optional<std::int64_t> ulysses = draft.integerOf(Role::UlyssesDegree);
    const std::optional<std::int64_t> ring = draft.integerOf(Role::RingDegree);
    if (!ulysses || !ring || *ulysses < 1 || *ring < 1 || *ulysses > 4096 || *ring > 4096)
        return {};
    return *ulysses * *ring;
}

// EasyContext and code of calls let all ranks share a sequence.
void settleAbsentSize(Draft& draft) {
    const std::string_view kind = draft.source().kind;
    if (kind != "easycontext" && kind != callsKind) return;
    const std::string* mode = draft.textOf(Role::Mode);
    if (mode != nullptr && *mode == "data_parallel") return;
    const bool split = mode != nullptr || draft.keyOf(Role::CallMode) != nullptr ||
                       draft.keyOf(Role::RingClass) != nullptr ||
                       draft.keyOf(Role::UlyssesDegree) != nullptr;
    if (!split) return;
    const std::optional<std::int64_t> world = worldOf(draft);
    if (const std::optional<std::int64_t> product = degreesOf(draft))
        draft.config().parallel.sp = *product;
    else if (world && *world <= 1024)
        draft.config().parallel.sp = *world;
    else
        decideSize(draft);
}

void settleSize(Draft& draft) {
    KeyVerdict* key = draft.keyOf(Role::Size);
    if (key == nullptr) return settleAbsentSize(draft);
    if (key->verdict == Verdict::Converted) key->verdict = Verdict::Renamed;
    draft.setField(placeOf(draft, *key));
    const bool alone =
        draft.source().kind == deepSpeedKind && key->verdict == Verdict::Renamed &&
        std::ranges::find(draft.keys, "data_parallel_size", &KeyVerdict::path) == draft.keys.end();
    if (alone)
        key->reason += "; without data_parallel_size DeepSpeed only divides the world size by it";
}

void decideMode(Draft& draft, KeyVerdict& key);

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

// Sizes of one kind of file that split otherwise than its other keys do.
struct SizeMode {
    std::string_view kind;
    std::string_view key;  // the last part of its name
    std::string_view mode;
    std::string_view words;
};
constexpr std::array sizeModes = {
    SizeMode{megatronKind, "ds_sequence_parallel_size", modenames::ulysses, "they split the heads"},
    SizeMode{swiftKind, "context_parallel_size", modenames::zigzag,
             "Megatron passes keys and values round"},
    SizeMode{callsKind, "sp_size", modenames::ulysses, "they split the heads"},
};

const SizeMode* modeOfSize(Draft& draft) {
    const KeyVerdict* size = draft.keyOf(Role::Size);
    if (size == nullptr) return nullptr;
    std::string name = size->path;
    std::ranges::replace(name, '-', '_');
    const auto found = std::ranges::find_if(sizeModes, [&](const SizeMode& row) {
        return row.kind == draft.source().kind && name.ends_with(row.key);
    });
    return found == sizeModes.end() ? nullptr : &*found;
}

// torch's context parallelism, which gives each rank an early and a late chunk.
bool isTorchContextParallel(Draft& draft) {
    if (draft.source().kind == torchtitanKind || draft.keyOf(Role::CpRotate) != nullptr)
        return true;
    const KeyVerdict* size = draft.keyOf(Role::Size);
    const std::string* backend = draft.textOf(Role::CpBackend);
    const bool cp =
        size != nullptr && (size->path.ends_with("cp_size") || size->path.ends_with("CP_SIZE"));
    return cp && (draft.source().kind == accelerateKind || draft.source().kind == callsKind) &&
           (backend == nullptr || *backend != "deepspeed");
}

void settleTorchMode(Draft& draft) {
    KeyVerdict* const rotate = draft.keyOf(Role::CpRotate);
    const std::string word = rotate == nullptr ? "allgather" : toLower(draft.valueOf(*rotate));
    const bool gathers = word != "alltoall";
    draft.config().parallel.mode = gathers ? modenames::ringAllgather : modenames::zigzag;
    const std::string reason = gathers ? "torch gathers keys and values: mode ring-allgather"
                                       : "torch passes keys and values round: mode zigzag";
    if (rotate != nullptr && word != "allgather" && gathers) {
        endanger(*rotate, "no known way to send; " + reason);
    } else if (rotate != nullptr) {
        rotate->reason = reason;
        rotate->newPath = "parallel.mode";
        draft.setOrigin("parallel.mode", *rotate);
    } else if (KeyVerdict* size = draft.keyOf(Role::Size)) {
        size->reason += "; " + reason;
    }
    KeyVerdict* const balancer = draft.keyOf(Role::CpBalancer);
    if (balancer == nullptr) return;
    if (toLower(draft.valueOf(*balancer)) == "ptrr")
        drop(*balancer, "each rank has an early and a late chunk; ptrr balances by a mask's rows");
    else
        hold(*balancer, "each rank has an early and a late chunk");
}

void settleAbsentMode(Draft& draft) {
    const Source& source = draft.source();
    if (source.impliedMode.empty()) return decideForkDefault(draft);
    if (isTorchContextParallel(draft)) return settleTorchMode(draft);
    if (const SizeMode* row = modeOfSize(draft)) {
        draft.config().parallel.mode = row->mode;
        draft.keyOf(Role::Size)->reason +=
            "; " + std::string(row->words) + ": mode " + std::string(row->mode);
        return;
    }
    const std::string_view named = modeNamed(source.impliedMode);
    draft.config().parallel.mode = named.empty() ? source.impliedMode : named;
    if (modePath(source).empty()) {
        if (KeyVerdict* size = draft.keyOf(Role::Size))
            size->reason += "; they split the heads: mode ulysses";
        return;
    }
    if (const KeyVerdict* size = draft.keyOf(Role::Size);
        size != nullptr && size->path.ends_with("hyper_parallel_cp_size"))
        return decideMode(draft, addAbsentMode(draft, ""));
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
         .question = (key.old.empty() ? "the file names no mode"
                                      : shown(key.old) + " is no mode that splits a sequence") +
                     "; which mode should the experiment use?",
         .key = {},
         .options = std::move(options),
         .defaultOption = "zigzag",
         .chosen = {}},
        &key);
}

// "[p2p, p2p]", a mode for each layer, is one mode where all are alike.
std::string oneWord(const std::string& text) {
    if (!text.starts_with('[')) return text;
    const std::vector<std::string> words = parseTextList(text).value_or(std::vector<std::string>());
    const bool alike = !words.empty() && std::ranges::all_of(words, [&](const std::string& word) {
        return word == words.front();
    });
    return alike ? words.front() : text;
}

void settleNamedMode(Draft& draft, KeyVerdict& key) {
    const std::string word = oneWord(draft.valueOf(key));
    const Mode* mode = findMode(modeNamed(word));
    if (mode == nullptr || !mode->sharded) return decideMode(draft, key);
    draft.config().parallel.mode = mode->name;
    const bool sameName = word == mode->name;
    key.verdict = sameName ? Verdict::Renamed : Verdict::Converted;
    key.reason = mode->help;
    if (word == "deepspeed-alst") endanger(key, std::string(alstHazard));
    if (word == "dist_flash_attn")
        key.reason += "; dist_flash_attn balances the same work by other messages";
    if (word == "ring_attention" && draft.source().kind == swiftKind)
        key.reason += "; ms-swift splits heads first where they divide";
}

// Whether an argument of the call deals out every P-th token.
bool isStriped(const Draft& draft, const KeyVerdict& call) {
    const auto found =
        std::ranges::find(draft.keys, call.path + ".striped_ring_attn", &KeyVerdict::path);
    return found != draft.keys.end() && parseSwitch(found->old).value_or(false);
}

// A call of a function or a class says the mode.
void settleCalledMode(Draft& draft, KeyVerdict& key) {
    const KnownCall* call = findCall(key.path);
    const Mode* mode = call == nullptr         ? nullptr
                       : isStriped(draft, key) ? findMode(modenames::striped)
                                               : findMode(call->mode);
    if (mode == nullptr) return decideMode(draft, key);
    draft.config().parallel.mode = mode->name;
    key.verdict = Verdict::Converted;
    key.reason = mode->help;
    key.newPath = "parallel.mode";
    if (call->rule == "gathering_call")
        key.reason =
            "the old function gathers keys and values and deals out queries, whatever its "
            "name says: mode ring-allgather";
    if (call->rule == "varlen_call") {
        draft.config().data.packing = true;
        key.reason += "; documents are apart (data.packing)";
    }
}

// Rings of dilated attention. The old classes gather all keys and values, whatever their names say.
void settleRingClass(Draft& draft, KeyVerdict& key) {
    const bool dilated =
        draft.hasOrigin("attention.pattern.segments") && draft.hasOrigin("attention.pattern.rates");
    if (dilated) draft.config().attention.pattern.kind = PatternKind::Dilated;
    draft.config().parallel.mode = dilated ? "dilated-ring" : "ring";
    key.newPath = "parallel.mode";
    key.wasLegacy = true;
    if (key.path.find("Hilbert") != std::string::npos)
        return endanger(key,
                        "the old class applied the causal mask to tokens along a Hilbert "
                        "curve, so queries saw later ones; tokens keep their order here");
    endanger(key,
             "most of the old classes gather all keys and values, so memory does not fall with "
             "more ranks; here keys and values go round a ring" +
                 std::string(dilated ? "" : ", and a query sees every key that the mask allows"));
}

KeyVerdict* modeKey(Draft& draft) {
    for (const Role role : {Role::Mode, Role::RingClass, Role::CallMode})
        if (KeyVerdict* key = draft.keyOf(role)) return key;
    return nullptr;
}

// Keys that only matter where a sequence is split.
void holdUnsplit(Draft& draft) {
    for (const Role role : {Role::CpBackend, Role::CpRotate, Role::CpBalancer,
                            Role::HierarchicalSizes, Role::RingDegree})
        if (KeyVerdict* key = draft.keyOf(role))
            hold(*key, "a sequence stays on one rank, so there is nothing to split");
}

void settleMode(Draft& draft) {
    KeyVerdict* key = modeKey(draft);
    if (draft.config().parallel.sp == 1) {
        draft.config().parallel.mode = modenames::none;
        holdUnsplit(draft);
        if (key == nullptr) return;
        draft.setOrigin("parallel.mode", *key);
        key->newPath = "parallel.mode";
        key->verdict = Verdict::Converted;
        key->reason = "a sequence stays on one rank, so there is nothing to split";
        return;
    }
    if (key == nullptr)
        settleAbsentMode(draft);
    else if (key == draft.keyOf(Role::Mode))
        settleNamedMode(draft, *key);
    else if (key == draft.keyOf(Role::RingClass))
        settleRingClass(draft, *key);
    else
        settleCalledMode(draft, *key);
    // Deciding may add keys.
    const KeyVerdict* const found = modeKey(draft);
    if (found != nullptr) draft.setOrigin("parallel.mode", *found);
    draft.oldWay.mode = found != nullptr && found->wasLegacy ? std::string(modenames::legacy)
                                                             : draft.config().parallel.mode;
}

void settleBackend(Draft& draft) {
    KeyVerdict* const key = draft.keyOf(Role::CpBackend);
    if (key == nullptr || draft.config().parallel.sp == 1) return;
    const bool deepspeed = toLower(draft.valueOf(*key)) == "deepspeed";
    key->newPath = "parallel.mode";
    key->reason = deepspeed ? "DeepSpeed splits the heads: mode ulysses"
                            : "torch gives each rank an early and a late chunk";
    if (deepspeed && key->path.ends_with("cp_backend"))
        key->versions = "TRL's pre-release spelling; sp_backend since accelerate 1.12";
    draft.setOrigin("parallel.mode", *key);
}

// Both degrees of a hybrid, as a list: Megatron splits heads over the first.
void settleHierarchy(Draft& draft) {
    KeyVerdict* const key = draft.keyOf(Role::HierarchicalSizes);
    if (key == nullptr || draft.config().parallel.sp == 1) return;
    const std::string list = key->old.starts_with('[') ? key->old : "[" + key->old + "]";
    const std::optional<std::vector<std::int64_t>> sizes = parseIntegerList(list);
    const std::int64_t ranks = draft.config().parallel.sp;
    if (draft.config().parallel.mode != modenames::usp) return hold(*key, "only a2a+p2p reads it");
    if (!sizes || sizes->size() != 2 || sizes->front() < 1 || ranks % sizes->front() != 0)
        return endanger(*key, "expected two numbers whose product is " + std::to_string(ranks));
    draft.config().parallel.ulysses = sizes->front();
    key->reason = "ranks of a group that split the heads";
    draft.setOrigin("parallel.ulysses", *key);
}

void settleRing(Draft& draft) {
    if (KeyVerdict* const key = draft.keyOf(Role::RingDegree);
        key != nullptr && draft.config().parallel.sp > 1) {
        const std::int64_t ranks = draft.config().parallel.sp;
        const std::optional<std::int64_t> product = degreesOf(draft);
        if (product && *product != ranks && draft.config().parallel.mode == modenames::usp)
            endanger(*key, "with the degree for heads " + std::to_string(*product) +
                               " ranks, but " + std::to_string(ranks) + " share a sequence");
        else
            hold(*key, "follows from parallel.sp and parallel.ulysses");
    }
    if (KeyVerdict* const key = draft.keyOf(Role::RingImplementation)) {
        const std::string word = toLower(draft.valueOf(*key));
        if (word == "zigzag")
            hold(*key, "the ring of usp is zigzag");
        else
            drop(*key, "the ring of usp is zigzag: balanced under a causal mask");
    }
    if (KeyVerdict* const key = draft.keyOf(Role::UlyssesLow)) {
        const bool inner = draft.switchOf(Role::UlyssesLow).value_or(true);
        draft.config().parallel.ulyssesOrder = inner ? UlyssesOrder::Inner : UlyssesOrder::Outer;
        key->reason = inner ? "neighbouring ranks split heads" : "neighbouring ranks form a ring";
        draft.setOrigin("parallel.ulysses_order", *key);
    }
}

// Groups that split heads within a ring.
void settleGroups(Draft& draft, KeyVerdict& key) {
    const std::int64_t ranks = draft.config().parallel.sp;
    const std::optional<std::int64_t> degree = parseInteger(draft.valueOf(key));
    if (draft.config().parallel.mode != modenames::usp) {
        hold(key, "only usp reads it");
    } else if (!degree || *degree < 1 || ranks % *degree != 0) {
        endanger(key, "expected a number that divides the " + std::to_string(ranks) +
                          " ranks that share a sequence; usp chooses its groups instead");
    } else {
        draft.config().parallel.ulysses = *degree;
        key.verdict = Verdict::Renamed;
        draft.setOrigin("parallel.ulysses", key);
    }
}

void settleDegree(Draft& draft) {
    KeyVerdict* key = draft.keyOf(Role::UlyssesDegree);
    if (key == nullptr || key->verdict == Verdict::Dropped || key->verdict == Verdict::Kept) return;
    if (key->newPath == "parallel.ulysses") return settleGroups(draft, *key);
    std::int64_t& ranks = draft.config().parallel.sp;
    const std::optional<std::int64_t> degree = parseInteger(draft.valueOf(*key));
    if (!degree || *degree < 1) {
        endanger(*key, "expected a number of ranks; got '" + key->old + "', and all ranks of " +
                           "sequence_parallel_size count instead");
    } else if (draft.config().parallel.mode != "ulysses") {
        hold(*key, "only deepspeed-alst reads it");
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
    if (draft.source().kind == swiftKind && config.parallel.mode == modenames::ulysses &&
        headsFit(config, std::string(modenames::usp), config.parallel.sp)) {
        config.parallel.mode = modenames::usp;
        draft.oldWay.mode = modenames::usp;
        draft.notes.push_back(
            "ms-swift splits heads over as many ranks as divide them, and forms a "
            "ring of the rest: mode usp");
        return;
    }
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

// Fused kernels of the old stack, whose loss is another one where a sequence is split.
void settleLiger(Draft& draft) {
    if (!isOn(draft, Role::Liger)) return;
    KeyVerdict& key = *draft.keyOf(Role::Liger);
    if (draft.config().parallel.sp == 1)
        hold(key, "the loss and a feed-forward are computed some rows at a time");
    else
        endanger(key,
                 "known to change losses together with sequence parallelism; Ringscope computes "
                 "the loss itself");
}

}  // namespace

void settleParallel(Draft& draft) {
    settleSize(draft);
    settleMode(draft);
    settleLiger(draft);
    settleBackend(draft);
    settleDegree(draft);
    settleHierarchy(draft);
    settleRing(draft);
    settleHeads(draft);
    settleSequenceLength(draft);
    raiseBufferLimit(draft);
    describeOldWay(draft);
}

}  // namespace ringscope
