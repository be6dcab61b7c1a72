#include "backend/config/field_table.h"

#include "backend/config/parallel_fields.h"
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

Field listedField(Field field) {
    field.alsoList = true;
    return field;
}

std::vector<Field> modelSizes() {
    constexpr auto in = &RunConfig::model;
    using M = ModelConfig;
    return {
        fieldOf({"model.preset", "", "the named sizes that other model fields start from"},
                oneOfWords(presetNames()), in, &M::preset),
        fieldOf(
            {"model.from", "",
             "folder of a checkpoint, or of an adapter and thus its model: weights, and what other "
             "model fields start from"},
            plainText(), in, &M::from),
        fieldOf({"model.layers", "", "transformer blocks"}, integer(1, 1024), in, &M::layers),
        fieldOf({"model.hidden_size", "", "width of the residual stream"}, integer(1, 131'072), in,
                &M::hiddenSize),
        fieldOf({"model.heads", "", "query heads; they divide hidden_size"}, integer(1, 1024), in,
                &M::heads),
        fieldOf({"model.kv_heads", "", "key and value heads; they divide heads"}, integer(1, 1024),
                in, &M::kvHeads),
        fieldOf({"model.head_size", "", "columns of a head; null: hidden_size / heads"},
                integer(1, 16'384), in, &M::headSize),
        fieldOf({"model.ffn_size", "", "inner width of the feed-forward layer"},
                integer(1, 1'048'576), in, &M::ffnSize),
        fieldOf({"model.vocab_size", "", "token ids; byte tokens need at least 256"},
                integer(2, 16'777'216), in, &M::vocabSize),
        fieldAt(
            {"model.rope_theta", "", "base of the rotary position frequencies"}, realAbove(0),
            [](auto& config) -> auto& { return config.model.rope.theta; }),
        fieldOf({"model.norm_eps", "", "added to the mean square in norms"}, realAbove(0), in,
                &M::normEps),
        fieldOf({"model.tied_head", "", "the output projection shares the embedding's weight"},
                onOff(), in, &M::tiedHead),
        fieldOf({"model.layer_pattern", "",
                 "kinds of layers in turn: window or full, dense or experts; [window, full]"},
                textList(), in, &M::layerPattern),
    };
}

std::vector<Field> modelParts() {
    constexpr auto in = &RunConfig::model;
    using M = ModelConfig;
    return {
        fieldOf({"model.norm", "", "how activations are normalised"}, oneOf<NormKind>(), in,
                &M::norm),
        fieldOf({"model.norm_place", "", "whether norms stand before or after a layer's parts"},
                oneOf<NormPlace>(), in, &M::normPlace),
        fieldOf({"model.gain_from_one", "", "a norm's gain is 1 plus the parameter"}, onOff(), in,
                &M::gainFromOne),
        fieldOf({"model.parallel_residual", "",
                 "attention and feed-forward of a layer read the same input"},
                onOff(), in, &M::parallelResidual),
        fieldOf({"model.qk_norm", "", "how queries and keys are normalised"}, oneOf<QkNorm>(), in,
                &M::qkNorm),
        fieldOf({"model.attention", "", "what keys and values are made of, and which are seen"},
                oneOf<AttentionKind>(), in, &M::attention),
        fieldOf({"model.qkv_bias", "", "queries, keys and values have a bias"}, onOff(), in,
                &M::qkvBias),
        fieldOf({"model.output_bias", "", "the attention's output projection has a bias"}, onOff(),
                in, &M::outputBias),
        fieldOf({"model.attention_sinks", "",
                 "each query head has a learned score beside those of its keys, with no value"},
                onOff(), in, &M::attentionSinks),
        fieldOf({"model.ffn", "", "the feed-forward layer's form"}, oneOf<FeedForwardKind>(), in,
                &M::ffn),
        fieldOf({"model.ffn_bias", "",
                 "the feed-forward layer's projections have a bias, experts' and the router's too"},
                onOff(), in, &M::ffnBias),
        fieldOf({"model.position", "", "how tokens know their positions"}, oneOf<PositionKind>(),
                in, &M::position),
        fieldOf({"model.positions", "tokens", "rows of the table of learned positions"},
                tokenCount(0, 67'108'864), in, &M::positions),
        fieldOf({"model.embedding_scale", "", "factor of the embedding's rows"}, realAbove(0), in,
                &M::embeddingScale),
        fieldOf({"model.logit_softcap", "", "logits are squashed to this size; null: not"},
                realAbove(0), in, &M::logitSoftcap),
    };
}

std::vector<Field> rotaryFields() {
    constexpr auto in = &ModelConfig::rope;
    using R = RopeConfig;
    return {
        fieldOf({"model.rope_fraction", "", "share of a head's columns that turn, the first ones"},
                realBetween(0, 1), in, &R::fraction),
        fieldOf({"model.rope_interleaved", "", "neighbouring columns turn together"}, onOff(), in,
                &R::interleaved),
        fieldOf({"model.rope_scaling", "", "how angles change for longer sequences"},
                oneOf<RopeScaling>(), in, &R::scaling),
        fieldOf({"model.rope_factor", "", "how much longer sequences may become"}, realAbove(0), in,
                &R::factor),
        fieldOf({"model.rope_original_length", "tokens", "what the model was first trained for"},
                tokenCount(0, 67'108'864), in, &R::originalLength),
        fieldOf({"model.rope_low_factor", "", "llama3: waves longer than length / this are slowed"},
                realAbove(0), in, &R::lowFactor),
        fieldOf({"model.rope_high_factor", "", "llama3: waves shorter than length / this stay"},
                realAbove(0), in, &R::highFactor),
        fieldOf({"model.rope_beta_fast", "", "yarn: pairs with more turns than this stay"},
                realAbove(0), in, &R::betaFast),
        fieldOf({"model.rope_beta_slow", "", "yarn: pairs with fewer turns than this are divided"},
                realAbove(0), in, &R::betaSlow),
        fieldOf({"model.rope_truncated", "", "yarn's ramp begins and ends at whole pairs"}, onOff(),
                in, &R::truncated),
        fieldOf({"model.rope_attention_factor", "",
                 "of cosines and sines; null: as the scaling has it"},
                realAbove(0), in, &R::attentionFactor),
        fieldOf({"model.rope_short_factors", "", "longrope: of each pair, up to original_length"},
                realList(), in, &R::shortFactors),
        fieldOf({"model.rope_long_factors", "", "longrope: of each pair, past original_length"},
                realList(), in, &R::longFactors),
    };
}

std::vector<Field> expertFields() {
    constexpr auto in = &ModelConfig::experts;
    using E = ExpertConfig;
    return {
        fieldOf({"model.experts", "", "feed-forwards of which a token uses a few; 0: none"},
                integer(0, 4096), in, &E::count),
        fieldOf({"model.experts_per_token", "", "how many of them a token uses"}, integer(1, 4096),
                in, &E::perToken),
        fieldOf({"model.expert_size", "", "inner width of an expert"}, integer(0, 1'048'576), in,
                &E::size),
        fieldOf({"model.shared_expert_size", "", "inner width of what every token uses; 0: none"},
                integer(0, 1'048'576), in, &E::sharedSize),
        fieldOf({"model.shared_expert_gate", "", "a learned gate weighs the shared expert"},
                onOff(), in, &E::sharedGate),
        fieldOf({"model.expert_score", "", "how the router's scores are made"},
                oneOf<ExpertScore>(), in, &E::score),
        fieldOf({"model.expert_weights_normalized", "",
                 "the weights of a token's experts are made to add up to 1"},
                onOff(), in, &E::normalized),
        fieldOf({"model.expert_scale", "", "factor of those weights"}, realAbove(0), in, &E::scale),
        fieldOf({"model.expert_groups", "", "experts are chosen from the best of so many groups"},
                integer(1, 4096), in, &E::groups),
        fieldOf({"model.expert_best_groups", "", "how many groups they are chosen from"},
                integer(1, 4096), in, &E::bestGroups),
        fieldOf({"model.expert_group_score", "", "what a group counts as"}, oneOf<GroupScore>(), in,
                &E::groupScore),
        fieldOf({"model.expert_bias", "", "scores get a bias for the choice alone"}, onOff(), in,
                &E::bias),
    };
}

std::vector<Field> latentFields() {
    constexpr auto in = &ModelConfig::latent;
    using L = LatentConfig;
    return {
        fieldOf({"model.latent_query_size", "", "mla: latent columns of queries; 0: none"},
                integer(0, 131'072), in, &L::querySize),
        fieldOf({"model.latent_size", "", "mla: latent columns of keys and values"},
                integer(0, 131'072), in, &L::size),
        fieldOf({"model.plain_size", "", "mla: columns of a head that do not turn"},
                integer(0, 16'384), in, &L::plainSize),
        fieldOf({"model.rotary_size", "", "mla: columns of a head that turn"}, integer(0, 16'384),
                in, &L::rotarySize),
        fieldOf(
            {"model.latent_norm_eps", "", "mla: added to the mean square in the latents' norms"},
            realAbove(0), in, &L::normEps),
        fieldOf({"model.value_size", "", "mla: columns of a value's head"}, integer(0, 16'384), in,
                &L::valueSize),
    };
}

std::vector<Field> sparseFields() {
    constexpr auto in = &ModelConfig::nsa;
    using N = NsaConfig;
    constexpr std::int64_t most = 67'108'864;
    return {
        fieldOf({"model.nsa_block", "tokens", "nsa: that become one compressed key and value"},
                tokenCount(1, most), in, &N::block),
        fieldOf({"model.nsa_stride", "tokens",
                 "nsa: from the begin of one compressed block to that of the next"},
                tokenCount(1, most), in, &N::stride),
        fieldOf({"model.nsa_select_block", "tokens", "nsa: of a block that queries select"},
                tokenCount(1, most), in, &N::selectBlock),
        fieldOf({"model.nsa_selected", "blocks",
                 "nsa: that a query selects; the first and the nsa_local latest are among them"},
                integer(2, 1'048'576), in, &N::selected),
        fieldOf({"model.nsa_local", "blocks",
                 "nsa: latest ones that a query always selects, its own among them"},
                integer(1, 1'048'575), in, &N::local),
        fieldOf({"model.nsa_window", "tokens",
                 "nsa: latest ones that a query sees, its own among them"},
                tokenCount(1, most), in, &N::window),
    };
}

std::vector<Field> dataFields() {
    constexpr auto in = &RunConfig::data;
    using D = DataConfig;
    return {
        listedField(
            fieldOf({"data.source", "",
                     "builtin:prose, builtin:recall, or files: text, .jsonl, .npy of ids; a list"},
                    plainText(), in, &D::source)),
        fieldOf({"data.tokenizer", "",
                 "byte, char, a tokenizer's file or folder; ids: the source holds token ids"},
                wordOrPath({tokenizerWords.begin(), tokenizerWords.end()}), in, &D::tokenizer),
        fieldOf({"data.packing", "",
                 "documents do not see each other: paragraphs of a text, lines of a .jsonl file"},
                onOff(), in, &D::packing),
        fieldOf({"data.order", "",
                 "samples: from anywhere in the text; others: each document once an epoch"},
                oneOf<DataOrder>(), in, &D::order),
        fieldOf({"data.validation", "",
                 "share of documents, or of a text's end, that is kept out of training"},
                fraction(), in, &D::validation),
        fieldOf({"data.chat_template", "",
                 "how conversations become text; auto: as the tokenizer's files say"},
                oneOf<ChatFormat>(), in, &D::chatTemplate),
    };
}

std::vector<Field> trainFields() {
    constexpr auto in = &RunConfig::train;
    using T = TrainConfig;
    return {
        fieldOf({"train.task", "", "lm: every token is learned; sft: those of answers alone"},
                oneOf<TrainTask>(), in, &T::task),
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
        fieldOf({"train.optimizer", "",
                 "adamw8bit: the state of parameters of 4,096 scalars or more has 8 bits a number, "
                 "a quarter of the memory; losses differ a little, the step takes longer"},
                oneOf<OptimizerKind>(), in, &T::optimizer),
        fieldOf({"train.lr", "", "learning rate of AdamW"}, realAtLeast(0), in, &T::lr),
        fieldOf({"train.lr_schedule", "",
                 "how lr goes on after lr_warmup: linear and cosine fall to the last step, wsd in "
                 "the last lr_decay steps"},
                oneOf<LrSchedule>(), in, &T::lrSchedule),
        fieldOf({"train.lr_warmup", "steps", "first steps, in which lr grows linearly from 0"},
                integer(0, 1'000'000'000), in, &T::lrWarmup),
        fieldOf({"train.lr_decay", "steps",
                 "last steps, in which lr_schedule wsd falls; null: a tenth of all"},
                integer(1, 1'000'000'000), in, &T::lrDecay),
        fieldOf({"train.lr_final", "", "share of lr that a schedule which falls ends at"},
                realBetween(0, 1), in, &T::lrFinal),
        fieldOf({"train.beta1", "", "how much of a gradient's mean AdamW keeps a step"}, fraction(),
                in, &T::beta1),
        fieldOf({"train.beta2", "", "how much of a gradient's mean square AdamW keeps a step"},
                fraction(), in, &T::beta2),
        fieldOf({"train.eps", "", "added to the root of the mean square by AdamW"}, realAbove(0),
                in, &T::eps),
        fieldOf({"train.weight_decay", "", "decoupled weight decay of AdamW"}, realAtLeast(0), in,
                &T::weightDecay),
        fieldOf({"train.decayed", "",
                 "what weight_decay shrinks: matrices, all but gains, biases and other vectors; or "
                 "all"},
                oneOf<DecayedWeights>(), in, &T::decayed),
        fieldOf({"train.grad_clip", "", "largest gradient norm; 0 switches clipping off"},
                realAtLeast(0), in, &T::gradClip),
        fieldOf(
            {"train.label_smoothing", "", "share of a label's weight that all tokens get alike"},
            fraction(), in, &T::labelSmoothing),
        fieldOf({"train.z_loss", "",
                 "factor of the square of the logits' logarithmic sum, added to the loss; 0: none"},
                realAtLeast(0), in, &T::zLoss),
        fieldOf(
            {"train.epochs", "",
             "the run ends when the data was seen so often, if train.steps are not over before"},
            integer(1, 1'000'000), in, &T::epochs),
        fieldOf({"train.stop_loss", "",
                 "the run ends when a validation's loss is as low; null: it goes on"},
                realAtLeast(0), in, &T::stopLoss),
        fieldOf({"train.stop_patience", "",
                 "the run ends when so many validations brought no lower loss; null: it goes on"},
                integer(1, 1'000'000), in, &T::stopPatience),
        fieldOf({"train.validate_every", "steps",
                 "steps from one validation to the next, with data.validation; 0: after the last "
                 "step alone"},
                integer(0, 1'000'000'000), in, &T::validateEvery),
        fieldOf({"train.validate_batches", "",
                 "batches of a validation, or as many as data.validation has"},
                integer(1, 1'000'000), in, &T::validateBatches),
        fieldOf({"train.router_aux_loss", "",
                 "factor of the loss that grows where experts are used unevenly; 0: none"},
                realAtLeast(0), in, &T::routerAuxLoss),
        fieldOf({"train.router_bias_step", "",
                 "how much the bias of an expert used too much, or too little, changes a step"},
                realAtLeast(0), in, &T::routerBiasStep),
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

template <typename Value, typename Member>
Field patternField(const FieldText& text, ValueKind<Value> kind, Member PatternConfig::*member) {
    return fieldAt(text, std::move(kind), [member](auto& config) -> decltype(auto) {
        return (config.attention.pattern.*member);
    });
}

std::vector<Field> patternFields() {
    constexpr std::int64_t mostTokens = 67'108'864;
    constexpr std::int64_t mostBlocks = 1'048'576;
    using P = PatternConfig;
    return {
        patternField(
            {"attention.pattern.kind", "",
             "keys a query sees of those the mask allows; dilated: in segments, by a rate"},
            oneOf<PatternKind>(), &P::kind),
        patternField({"attention.pattern.segments", "tokens",
                      "dilated: a segment's length, for each branch"},
                     integerSeries(1, mostTokens), &P::segments),
        patternField({"attention.pattern.rates", "",
                      "dilated: every rate-th key of a segment, for each branch"},
                     integerSeries(1, mostTokens), &P::rates),
        patternField({"attention.pattern.offsets", "",
                      "dilated: the row a key head begins at; paper: head mod rate"},
                     oneOf<HeadOffsets>(), &P::offsets),
        patternField({"attention.pattern.stop_gradient", "",
                      "dilated: branches are weighted with constants, as in the paper"},
                     onOff(), &P::stopGradient),
        patternField({"attention.pattern.block", "tokens", "block_sparse: of a block"},
                     tokenCount(1, mostTokens), &P::block),
        patternField({"attention.pattern.local", "blocks",
                      "block_sparse: blocks seen before one's own (after it, too, if not causal)"},
                     integer(0, mostBlocks), &P::local),
        patternField({"attention.pattern.stride", "blocks",
                      "block_sparse: every so many-th block from one's own is seen; 0: none"},
                     integer(0, mostBlocks), &P::stride),
        patternField({"attention.pattern.levels", "",
                      "block_sparse: all near blocks, every 2nd, 4th, … further off; 0: none"},
                     integer(0, 30), &P::levels),
        patternField({"attention.pattern.global", "tokens",
                      "block_sparse: first tokens that all see, up to whole blocks"},
                     tokenCount(0, mostTokens), &P::globalTokens),
        patternField({"attention.pattern.top_k", "blocks",
                      "block_sparse: a token chooses so many by content, its own counted; 0: none"},
                     integer(0, mostBlocks), &P::topK),
        patternField({"attention.pattern.file", "",
                      "block_sparse: .npy of blocks x blocks, 1 where a block is seen; null: none"},
                     plainText(), &P::file),
    };
}

std::vector<Field> memoryFields() {
    constexpr auto in = &RunConfig::memory;
    using M = MemoryConfig;
    return {
        fieldOf({"memory.preset", "",
                 "alst: unwritten fields start from zero 3, recompute layers, tiles, offloaded "
                 "activations, and the mode with the fewest bytes, ulysses where it can"},
                oneOf<MemoryPreset>(), in, &M::preset),
        fieldOf({"memory.zero", "",
                 "a rank holds a part of 1: the optimizer's state, 2: also gradients, 3: also "
                 "parameters; 0: all of each. 2 and 3 send more messages"},
                integer(0, 3), in, &M::zero),
        fieldOf(
            {"memory.recompute", "",
             "layers: only a layer's input is kept, its forward pass runs twice; "
             "attention_kept: what attention made is kept, too, and its messages are sent once"},
            oneOf<Recompute>(), in, &M::recompute),
        fieldOf({"memory.recompute_every", "layers",
                 "with recompute layers, how many layers share one kept input; more keep fewer "
                 "inputs, and one group's activations at a time"},
                integer(1, 1024), in, &M::recomputeEvery),
        fieldOf({"memory.tile_mlp", "tokens",
                 "rows a feed-forward works on at once; its inner rows are computed twice instead "
                 "of kept; null: kept"},
                tokenCount(1, 67'108'864), in, &M::tileMlp),
        fieldOf({"memory.tile_loss", "tokens",
                 "rows of logits that exist at once; null: of 16 MiB in fp32, on a GPU of 256, 128 "
                 "or more"},
                tokenCount(1, 67'108'864), in, &M::tileLoss),
        fieldOf(
            {"memory.budget", "bytes",
             "most memory of a rank's tensors; a step that needs more ends the run; null: none"},
            size({1}, {1LL << 50}), in, &M::budget),
        fieldOf({"memory.offload_activations", "",
                 "with recompute layers, the kept inputs wait in memory, or in a file that is "
                 "written behind and read ahead"},
                oneOf<OffloadPlace>(), in, &M::offloadActivations),
        fieldOf({"memory.offload_optimizer", "",
                 "where the optimizer's state waits between steps; a part of it at a time is in "
                 "memory, the step takes longer"},
                oneOf<OffloadPlace>(), in, &M::offloadOptimizer),
        fieldOf({"memory.offload_parameters", "",
                 "with zero 3, where a rank's part of the parameters waits; each pass fetches a "
                 "layer at a time"},
                oneOf<OffloadPlace>(), in, &M::offloadParameters),
        fieldOf({"memory.offload_folder", "",
                 "folder for files of disk, on each host; null: offload in the cache's folder"},
                plainText(), in, &M::offloadFolder),
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
        fieldOf({"launch.retries", "",
                 "how often a run whose rank ended is started again from its last checkpoint"},
                integer(0, 1000), in, &L::retries),
    };
}

std::vector<Field> adapterFields() {
    constexpr auto in = &RunConfig::adapter;
    using A = AdapterConfig;
    return {
        fieldOf({"adapter.kind", "",
                 "lora: two thin matrices beside linear layers train, and the model stays as it "
                 "is; qlora: its linear layers also lie in memory in 4 bits; none: the model "
                 "trains"},
                oneOf<AdapterKind>(), in, &A::kind),
        fieldOf(
            {"adapter.rank", "", "rows of the first of the two matrices, columns of the second"},
            integer(1, 65'536), in, &A::rank),
        fieldOf({"adapter.alpha", "", "their product counts alpha / rank times"}, realAbove(0), in,
                &A::alpha),
        fieldOf({"adapter.dropout", "", "share of what goes into the first matrix that is dropped"},
                fraction(), in, &A::dropout),
        fieldOf(
            {"adapter.targets", "",
             "linear layers by their names in checkpoints: [q_proj, v_proj]; experts' are among "
             "those of a name ([gate_proj, up_proj, down_proj]), and experts.*.gate_proj is "
             "theirs alone; empty: all of the model's layers, of one with experts all of "
             "attention"},
            textList(), in, &A::targets),
    };
}

std::vector<Field> checkpointFields() {
    constexpr auto in = &RunConfig::checkpoint;
    using C = CheckpointConfig;
    return {
        fieldOf({"checkpoint.at_end", "",
                 "the weights are kept after the last step, for `ringscope model export`"},
                onOff(), in, &C::atEnd),
        fieldOf({"checkpoint.every", "steps",
                 "steps from one checkpoint to the next, for `ringscope run --resume`; 0: none"},
                integer(0, 1'000'000'000), in, &C::every),
        fieldOf({"checkpoint.keep", "", "how many checkpoints of a run are kept, the newest"},
                integer(1, 1'000'000), in, &C::keep),
        fieldOf(
            {"checkpoint.folder", "",
             "folder for checkpoints, which all hosts see; null: checkpoints in the data folder"},
            plainText(), in, &C::folder),
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
    for (auto section :
         {modelSizes, modelParts, rotaryFields, expertFields, latentFields, sparseFields,
          dataFields, trainFields, attentionFields, patternFields, parallelFields, memoryFields,
          profileFields, launchFields, adapterFields, checkpointFields, debugFields})
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
