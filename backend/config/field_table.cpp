#include "backend/config/field_table.h"

#include "backend/config/mode_names.h"
#include "backend/config/value_kind.h"

#include <algorithm>
#include <cctype>
#include <limits>

namespace ringscope {
namespace {

// The upper bounds keep every product of sizes the planner forms inside 63 bits.
constexpr double longestSlowMs = 86'400'000;  // a day; more cannot be slept
constexpr std::int64_t unbounded = std::numeric_limits<std::int64_t>::max();

std::vector<std::string> presetNames() {
    std::vector<std::string> names;
    for (const ModelPreset& preset : modelPresets()) names.emplace_back(preset.name);
    return names;
}

std::vector<Field> modelFields() {
    constexpr auto in = &RunConfig::model;
    using M = ModelConfig;
    return {
        fieldOf({"model.preset", "", "the named sizes that other model fields start from"},
                oneOfWords(presetNames()), in, &M::preset),
        fieldOf({"model.layers", "", "transformer blocks"}, integer(1, 1024), in, &M::layers),
        fieldOf({"model.hidden_size", "", "width of the residual stream"}, integer(1, 131'072), in,
                &M::hiddenSize),
        fieldOf({"model.heads", "", "query heads; they divide hidden_size"}, integer(1, 1024), in,
                &M::heads),
        fieldOf({"model.kv_heads", "", "key and value heads; they divide heads"}, integer(1, 1024),
                in, &M::kvHeads),
        fieldOf({"model.ffn_size", "", "inner width of the SwiGLU feed-forward layer"},
                integer(1, 1'048'576), in, &M::ffnSize),
        fieldOf({"model.vocab_size", "", "token ids; byte tokens need at least 256"},
                integer(2, 16'777'216), in, &M::vocabSize),
        fieldOf({"model.rope_theta", "", "base of the rotary position frequencies"}, realAbove(0),
                in, &M::ropeTheta),
        fieldOf({"model.norm_eps", "", "added to the mean square in RMSNorm"}, realAbove(0), in,
                &M::normEps),
        fieldOf({"model.tied_head", "", "the output projection shares the embedding's weight"},
                onOff(), in, &M::tiedHead),
    };
}

std::vector<Field> dataFields() {
    constexpr auto in = &RunConfig::data;
    using D = DataConfig;
    return {
        fieldOf({"data.source", "", "builtin:prose, or the path of a text file"}, plainText(), in,
                &D::source),
        fieldOf({"data.tokenizer", "", "how text becomes token ids"}, oneOf<Tokenizer>(), in,
                &D::tokenizer),
        fieldOf(
            {"data.packing", "", "paragraphs of the text are documents that do not see each other"},
            onOff(), in, &D::packing),
    };
}

std::vector<Field> trainFields() {
    constexpr auto in = &RunConfig::train;
    using T = TrainConfig;
    return {
        fieldOf({"train.steps", "steps", "optimizer steps of a run"}, integer(1, 1'000'000'000), in,
                &T::steps),
        fieldOf({"train.warmup_steps", "steps", "first steps that speed figures leave out"},
                integer(0, 1'000'000'000), in, &T::warmupSteps),
        fieldOf({"train.seq_len", "tokens", "length of one sequence, over all ranks"},
                tokenCount(2, 67'108'864), in, &T::seqLen),
        fieldOf(
            {"train.batch", "sequences", "sequences that ranks which share them train on at once"},
            integer(1, 4096), in, &T::batch),
        fieldOf({"train.grad_accum", "",
                 "batches whose gradients are summed before a step, in each group of ranks"},
                integer(1, 4096), in, &T::gradAccum),
        fieldOf({"train.precision", "", "number format of weights and activations; sums are fp32"},
                oneOf<NumberFormat>(), in, &T::precision),
        fieldOf({"train.lr", "", "learning rate of AdamW"}, realAtLeast(0), in, &T::lr),
        fieldOf({"train.weight_decay", "", "decoupled weight decay of AdamW"}, realAtLeast(0), in,
                &T::weightDecay),
        fieldOf({"train.grad_clip", "", "largest gradient norm; 0 switches clipping off"},
                realAtLeast(0), in, &T::gradClip),
        fieldOf({"train.seed", "", "decides initial weights and the order of the data"},
                integer(0, unbounded), in, &T::seed),
    };
}

std::vector<Field> attentionFields() {
    constexpr auto in = &RunConfig::attention;
    using A = AttentionConfig;
    return {
        fieldOf({"attention.causal", "", "a query sees no later keys"}, onOff(), in, &A::causal),
        fieldOf({"attention.window", "tokens", "keys a query sees to its left; null: all"},
                tokenCount(1, 67'108'864), in, &A::window),
        fieldOf({"attention.window_right", "tokens",
                 "keys a query sees to its right, where it is not causal; null: all"},
                tokenCount(0, 67'108'864), in, &A::windowRight),
        fieldOf({"attention.dropout", "", "share of attention weights that are dropped"},
                fraction(), in, &A::dropout),
        fieldOf({"attention.scale", "", "factor of the scores; null: 1 / sqrt(head size)"},
                realAbove(0), in, &A::scale),
        fieldOf({"attention.softcap", "", "scores are squashed to this size; null: not"},
                realAbove(0), in, &A::softcap),
        fieldOf({"attention.alibi", "", "scores fall with distance instead of rotary positions"},
                onOff(), in, &A::alibi),
    };
}

std::vector<Field> parallelFields() {
    constexpr auto in = &RunConfig::parallel;
    using P = ParallelConfig;
    return {
        fieldOf({"parallel.mode", "", "how the sequence is split over ranks"},
                oneOfWords({modeChoices.begin(), modeChoices.end()}), in, &P::mode),
        fieldOf({"parallel.sp", "ranks", "ranks that share one sequence"}, integer(1, 1024), in,
                &P::sp),
        fieldOf({"parallel.dp", "groups",
                 "groups of parallel.sp ranks that follow each other, each with its own sequences"},
                integer(1, 1024), in, &P::dp),
        fieldOf({"parallel.ulysses", "ranks",
                 "in usp, ranks of a group that split heads; null: as many as leave a ring"},
                integer(1, 1024), in, &P::ulysses),
        fieldOf({"parallel.ulysses_order", "",
                 "in usp, inner: neighbouring ranks split heads; outer: they form a ring"},
                oneOf<UlyssesOrder>(), in, &P::ulyssesOrder),
        fieldOf({"parallel.inner_ring", "ranks",
                 "in double-ring, ranks of an inner ring, on one host; null: half of the ranks or "
                 "fewer"},
                integer(1, 1024), in, &P::innerRing),
        fieldOf({"parallel.comm_buffer_limit", "bytes",
                 "most memory for the buffers of messages on a rank"},
                size({1}, {1LL << 50}), in, &P::commBufferLimit),
    };
}

std::vector<Field> profileFields() {
    constexpr auto in = &RunConfig::profile;
    using P = ProfileConfig;
    return {
        fieldOf({"profile.steps", "steps", "steps that are traced, [first, one past the last]"},
                stepRange(), in, &P::steps),
        fieldOf({"profile.ranks", "ranks",
                 "ranks that are traced, each by its number; null: all of them"},
                integerList(0, 1023), in, &P::ranks),
        fieldOf({"profile.memory", "", "memory is measured at the allocator"}, onOff(), in,
                &P::memory),
        fieldOf({"profile.cupti", "", "GPU activity is recorded"}, oneOf<CuptiUse>(), in,
                &P::cupti),
    };
}

std::vector<Field> launchFields() {
    constexpr auto in = &RunConfig::launch;
    using L = LaunchConfig;
    return {
        fieldOf({"launch.transport", "", "how ranks are started"}, oneOf<TransportKind>(), in,
                &L::transport),
        fieldOf({"launch.hosts", "", "machines the ranks run on, NAME:RANKS; empty: this one"},
                textList(), in, &L::hosts),
        fieldOf({"launch.hostfile", "", "file that names the hosts, a line each: NAME slots=RANKS"},
                plainText(), in, &L::hostfile),
        fieldOf({"launch.threads_per_rank", "threads", "processor threads of one rank"},
                integer(1, 1024), in, &L::threadsPerRank),
        fieldOf({"launch.device", "", "what ranks compute on; auto: the CPU"},
                oneOf<DeviceChoice>(), in, &L::device),
        fieldOf(
            {"launch.stall", "s", "how long a rank may stand still, slow ones aside; 0: for ever"},
            realAtLeast(0), in, &L::stallSeconds),
        fieldOf(
            {"launch.on_stall", "", "whether a run of which a rank stands still ends or goes on"},
            oneOf<StallAction>(), in, &L::onStall),
    };
}

std::vector<Field> debugFields() {
    constexpr auto in = &RunConfig::debug;
    using D = DebugConfig;
    return {
        fieldOf({"debug.slow_rank", "", "a rank that is held up on purpose; null: none"},
                integer(0, 1023), in, &D::slowRank),
        fieldOf({"debug.slow_ms", "ms", "how long, before each of its attention passes"},
                realBetween(0, longestSlowMs), in, &D::slowMs),
    };
}

std::vector<Field> allFields() {
    std::vector<Field> all;
    for (auto section : {modelFields, dataFields, trainFields, attentionFields, parallelFields,
                         profileFields, launchFields, debugFields})
        std::ranges::move(section(), std::back_inserter(all));
    return all;
}

}  // namespace

std::span<const Field> fieldTable() {
    static const std::vector<Field> fields = allFields();
    return fields;
}

const Field* findField(std::string_view path) {
    const auto found = std::ranges::find(fieldTable(), path, &Field::path);
    return found == fieldTable().end() ? nullptr : &*found;
}

std::string environmentName(const Field& field) {
    std::string name = "RINGSCOPE_";
    for (const char c : field.path) {
        if (c == '.')
            name += "__";
        else
            name += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return name;
}

}  // namespace ringscope
