#include "tests/backend/config/random_config.h"

#include "backend/config/data_source.h"
#include "backend/config/field_table.h"

#include <algorithm>
#include <limits>
#include <set>
#include <vector>

namespace ringscope {
namespace {

using rc::gen::arbitrary;
using rc::gen::element;
using rc::gen::inRange;

template <typename Value>
std::optional<Value> maybe(const rc::Gen<Value>& value) {
    return *arbitrary<bool>() ? std::optional<Value>(*value) : std::nullopt;
}

// Finite, of any size.
rc::Gen<double> positive() {
    return rc::gen::map(
        rc::gen::pair(inRange<std::int64_t>(1, std::int64_t{1} << 53), inRange(-300, 250)),
        [](const std::pair<std::int64_t, int>& parts) {
            return std::ldexp(static_cast<double>(parts.first), parts.second);
        });
}

std::string choiceOf(std::string_view path) {
    const std::vector<std::string> choices = findField(path)->choices;
    return *rc::gen::elementOf(choices);
}

template <typename Enum>
Enum anyOf() {
    return (*rc::gen::elementOf(choicesOf(Enum{}))).value;
}

double share() { return *inRange(0, 1000) / 1000.0; }

std::int64_t upTo(std::int64_t most) { return *inRange<std::int64_t>(1, most + 1); }

ModelConfig anyModel() {
    ModelConfig model;
    model.preset = choiceOf("model.preset");
    model.layers = upTo(64);
    model.kvHeads = upTo(16);
    model.heads = model.kvHeads * upTo(8);
    model.hiddenSize = model.heads * 2 * upTo(64);
    model.ffnSize = upTo(1'048'576);
    model.vocabSize = 255 + upTo(100'000);
    model.rope.theta = *positive();
    model.normEps = *positive();
    model.tiedHead = *arbitrary<bool>();
    model.nsa = {upTo(67'108'864), upTo(67'108'864), upTo(67'108'864), 1 + upTo(1'048'575),
                 upTo(1'048'575),  upTo(67'108'864)};  // unused: attention is gqa
    return model;
}

TrainConfig anyTraining() {
    TrainConfig train;
    train.task = anyOf<TrainTask>();
    train.steps = upTo(1'000'000'000);
    train.warmupSteps = *inRange<std::int64_t>(0, train.steps);
    train.seqLen = 1 + upTo(100'000);
    train.batch = upTo(64);
    train.gradAccum = upTo(64);
    train.precision = anyOf<NumberFormat>();
    if (train.precision != NumberFormat::Fp64) train.optimizer = anyOf<OptimizerKind>();
    train.lr = *positive();
    train.lrSchedule = anyOf<LrSchedule>();
    train.lrWarmup = *inRange<std::int64_t>(0, train.steps);
    if (train.lrWarmup < train.steps)
        train.lrDecay = maybe(inRange<std::int64_t>(1, train.steps - train.lrWarmup + 1));
    train.lrFinal = share();
    train.beta1 = share();
    train.beta2 = share();
    train.eps = *positive();
    train.weightDecay = *rc::gen::oneOf(positive(), rc::gen::just(0.0));
    train.decayed = anyOf<DecayedWeights>();
    train.gradClip = *rc::gen::oneOf(positive(), rc::gen::just(0.0));
    train.labelSmoothing = share();
    train.zLoss = *rc::gen::oneOf(positive(), rc::gen::just(0.0));
    train.epochs = maybe(inRange<std::int64_t>(1, 1'000'000));
    train.stopLoss = maybe(positive());
    train.stopPatience = maybe(inRange<std::int64_t>(1, 1'000'000));
    train.validateEvery = *inRange<std::int64_t>(0, 1'000'000'000);
    train.validateBatches = upTo(1'000'000);
    // Other values need experts, which these models do not have.
    train.routerAuxLoss = 0;
    train.routerBiasStep = 0;
    train.seed = *rc::gen::oneOf(inRange<std::int64_t>(0, std::numeric_limits<std::int64_t>::max()),
                                 rc::gen::just(std::numeric_limits<std::int64_t>::max()));
    return train;
}

// A pattern that needs nothing else of the configuration.
PatternConfig anyPattern() {
    PatternConfig pattern;
    pattern.kind = anyOf<PatternKind>();
    const auto numbers = rc::gen::container<std::vector<std::int64_t>>(
        *inRange<std::size_t>(1, 5), inRange<std::int64_t>(1, 67'108'865));
    pattern.segments = *numbers;
    pattern.rates = pattern.segments;
    pattern.offsets = anyOf<HeadOffsets>();
    pattern.stopGradient = *arbitrary<bool>();
    pattern.block = upTo(67'108'864);
    pattern.local = upTo(1'048'576);
    pattern.stride = *inRange<std::int64_t>(0, 1'048'577);
    pattern.levels = *inRange<std::int64_t>(0, 31);
    pattern.globalTokens = *inRange<std::int64_t>(0, 67'108'865);
    pattern.topK = *inRange<std::int64_t>(0, 1'048'577);
    if (*arbitrary<bool>()) pattern.file = "/some where/#1.npy";
    return pattern;
}

AttentionConfig anyAttention() {
    AttentionConfig attention;
    attention.causal = *arbitrary<bool>();
    attention.window = maybe(inRange<std::int64_t>(1, 67'108'865));
    attention.windowRight = maybe(inRange<std::int64_t>(0, 67'108'865));
    attention.dropout = share();
    attention.scale = maybe(positive());
    attention.softcap = maybe(positive());
    attention.alibi = *arbitrary<bool>();
    attention.pattern = anyPattern();
    return attention;
}

ParallelConfig anySplit() {
    ParallelConfig parallel;
    parallel.mode = choiceOf("parallel.mode");
    parallel.sp = upTo(1024);
    parallel.dp = upTo(1024);
    parallel.ep = 1;  // others need experts
    parallel.ulysses = maybe(inRange<std::int64_t>(1, 1025));
    parallel.ulyssesOrder = anyOf<UlyssesOrder>();
    parallel.layout = anyOf<ShardChoice>();
    parallel.tokenOrder = anyOf<TokenOrder>();
    if (*arbitrary<bool>()) parallel.image = {upTo(67'108'864), upTo(67'108'864)};
    parallel.mlaKeys = anyOf<MlaKeys>();
    parallel.innerRing = maybe(inRange<std::int64_t>(1, 1025));
    parallel.commBufferLimit = {upTo(std::int64_t{1} << *inRange(1, 51))};
    return parallel;
}

// Host is refused everywhere.
OffloadPlace anyOffloadPlace() { return *rc::gen::element(OffloadPlace::None, OffloadPlace::Disk); }

MemoryConfig anyMemory() {
    MemoryConfig memory;
    memory.preset = anyOf<MemoryPreset>();
    memory.zero = *inRange<std::int64_t>(0, 4);
    memory.recompute = anyOf<Recompute>();
    memory.recomputeEvery = upTo(1024);
    memory.tileMlp = maybe(inRange<std::int64_t>(1, 67'108'865));
    memory.tileLoss = maybe(inRange<std::int64_t>(1, 67'108'865));
    memory.budget = maybe(rc::gen::map(inRange<std::int64_t>(1, std::int64_t{1} << 50),
                                       [](std::int64_t bytes) { return Bytes{bytes}; }));
    if (memory.recompute == Recompute::Layers)  // others keep no inputs to offload
        memory.offloadActivations = anyOffloadPlace();
    memory.offloadOptimizer = anyOffloadPlace();
    if (memory.zero == 3) memory.offloadParameters = anyOffloadPlace();
    if (*arbitrary<bool>()) memory.offloadFolder = "/fast disk/#1";
    return memory;
}

AdapterConfig anyAdapter() {
    AdapterConfig adapter;
    adapter.kind = anyOf<AdapterKind>();
    adapter.rank = upTo(65'536);
    adapter.alpha = upTo(1000) / 8.0;
    adapter.dropout = share();
    adapter.targets = *rc::gen::container<std::vector<std::string>>(
        rc::gen::element<std::string>("q_proj", "self_attn.dense", "c_attn"));
    return adapter;
}

CheckpointConfig anyCheckpoints() {
    CheckpointConfig checkpoint;
    checkpoint.atEnd = *arbitrary<bool>();
    checkpoint.every = *inRange<std::int64_t>(0, 1'000'000'001);
    checkpoint.keep = upTo(1'000'000);
    if (*arbitrary<bool>()) checkpoint.folder = "/big disk/#1";
    return checkpoint;
}

std::vector<std::string> anyHosts() {
    const auto host = rc::gen::nonEmpty(
        rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab1.-_:#&*!@%'\"{}~"))));
    return *rc::gen::container<std::vector<std::string>>(host);
}

// Some of so many ranks, ascending.
rc::Gen<std::vector<std::int64_t>> anyRanks(std::int64_t ranks) {
    const auto rank = inRange<std::int64_t>(0, std::min<std::int64_t>(ranks, 1024));
    return rc::gen::map(rc::gen::nonEmpty(rc::gen::container<std::vector<std::int64_t>>(rank)),
                        [](const std::vector<std::int64_t>& some) {
                            const std::set<std::int64_t> once(some.begin(), some.end());
                            return std::vector<std::int64_t>(once.begin(), once.end());
                        });
}

}  // namespace

rc::Gen<std::string> anyLine() {
    const auto piece = rc::gen::element<std::string>(
        "a", "Z", "0", "9", " ", "-", ":", ": ", " #", "'", "\"", "\\", "[", "]", "{", "}", ",",
        "&", "*", "!", "|", ">", "%", "@", "`", "~", "null", "true", "...", "---", "<<", "é", "…",
        "\xe2\x80\xa8", "😀", "\xef\xbb\xbf");
    const auto joined = [](const std::vector<std::string>& pieces) {
        std::string line;
        for (const std::string& each : pieces) line += each;
        return line;
    };
    return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece), joined);
}

rc::Gen<RunConfig> anyConfig() {
    return rc::gen::exec([] {
        RunConfig config;
        config.model = anyModel();
        const auto isBlank = [](const std::string& line) {
            return line.find_first_not_of(' ') == std::string::npos;
        };
        config.data.source = *rc::gen::suchThat(anyLine(), [&](const std::string& line) {
            return !isBlank(line) && !sourceNames(line).empty();  // "[]" is a list of nothing
        });
        config.data.packing = *arbitrary<bool>();
        config.data.order = anyOf<DataOrder>();
        config.data.validation = share();
        config.data.chatTemplate = anyOf<ChatFormat>();
        config.train = anyTraining();
        if (config.data.validation == 0) {  // nothing to validate with
            config.train.validateEvery = 0;
            config.train.stopLoss.reset();
            config.train.stopPatience.reset();
        }
        if (config.train.task == TrainTask::Sft) {  // what it asks for
            config.train.batch = 1;
            config.data.source = "talks.jsonl";
            if (config.data.order == DataOrder::Samples) config.data.order = DataOrder::Shuffled;
        }
        config.attention = anyAttention();
        config.parallel = anySplit();
        config.memory = anyMemory();
        const std::int64_t begin = *inRange<std::int64_t>(0, 1000);
        config.profile.steps = maybe(rc::gen::just(StepRange{begin, begin + upTo(1000)}));
        config.profile.ranks = maybe(anyRanks(config.parallel.sp * config.parallel.dp));
        config.profile.memory = *arbitrary<bool>();
        config.profile.cupti = anyOf<CuptiUse>();
        config.launch.hosts = anyHosts();
        if (*rc::gen::arbitrary<bool>()) config.launch.hostfile = "my hosts: #1";
        config.launch.threadsPerRank = upTo(1024);
        config.launch.device = anyOf<DeviceChoice>();
        config.launch.stallSeconds = upTo(600);
        config.launch.onStall = anyOf<StallAction>();
        config.launch.retries = *inRange<std::int64_t>(0, 1001);
        config.adapter = anyAdapter();
        config.checkpoint = anyCheckpoints();
        if (config.adapter.kind != AdapterKind::None) {  // what an adapter cannot go with
            config.train.routerBiasStep = 0;
            if (!config.model.from) config.checkpoint.atEnd = false;
        }
        if (config.adapter.kind == AdapterKind::Qlora && config.memory.zero == 3) {
            config.memory.zero = 2;
            config.memory.offloadParameters = OffloadPlace::None;
        }
        if (*arbitrary<bool>()) config.debug.slowRank = upTo(1024) - 1;
        config.debug.slowMs = upTo(1000) / 8.0;
        return config;
    });
}

}  // namespace ringscope
