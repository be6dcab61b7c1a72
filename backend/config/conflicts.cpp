#include "backend/config/conflicts.h"

#include "backend/config/data_source.h"
#include "backend/config/host_list.h"
#include "backend/core/rounded.h"
#include "backend/model/layer_kinds.h"

#include <array>
#include <charconv>
#include <cstdint>

namespace ringscope {
namespace {

constexpr std::int64_t byteTokens = 256;
// Largest number of activations in all layers of a step: 24 bytes each stay inside 63 bits.
constexpr double largestStep = 4.5e15;

// "1.5e+23"
std::string rounded(double value) { return formatDigits(value, std::chars_format::scientific, 1); }

void checkHeadSize(const ModelConfig& model, std::vector<ConfigConflict>& conflicts) {
    const bool divides = model.headSize || model.hiddenSize % model.heads == 0;
    if (!divides)
        conflicts.push_back({{"model.heads", "model.hidden_size"},
                             named("model.heads", model.heads) + " does not divide " +
                                 named("model.hidden_size", model.hiddenSize) +
                                 "; use a number of heads that does, or set model.head_size"});
    else if (model.position == PositionKind::Rope && model.rotaryDim() % 2 != 0)
        conflicts.push_back(
            {{"model.heads", "model.hidden_size", "model.head_size", "model.rope_fraction"},
             std::to_string(model.rotaryDim()) + " columns of a head of " +
                 std::to_string(model.headDim()) +
                 " turn with the position; they turn in pairs, so use an even "
                 "number"});
}

void checkHeads(const ModelConfig& model, std::vector<ConfigConflict>& conflicts) {
    if (model.attention != AttentionKind::Mla) checkHeadSize(model, conflicts);
    if (model.heads % model.kvHeads != 0)
        conflicts.push_back({{"model.kv_heads", "model.heads"},
                             named("model.kv_heads", model.kvHeads) + " does not divide " +
                                 named("model.heads", model.heads) +
                                 "; use a number of key/value heads that does"});
}

void checkLatent(const ModelConfig& model, std::vector<ConfigConflict>& conflicts) {
    if (model.attention != AttentionKind::Mla) return;
    const LatentConfig& latent = model.latent;
    const auto needs = [&](bool fine, std::string_view path, std::string_view what) {
        if (!fine)
            conflicts.push_back({{path, "model.attention"},
                                 std::string(path) + " must be " + std::string(what) +
                                     " where model.attention is mla"});
    };
    needs(latent.size > 0, "model.latent_size", "at least 1");
    needs(latent.plainSize > 0, "model.plain_size", "at least 1");
    needs(latent.valueSize > 0, "model.value_size", "at least 1");
    needs(latent.rotarySize > 0 && latent.rotarySize % 2 == 0, "model.rotary_size",
          "even and at least 2");
    needs(latent.valueSize <= latent.plainSize + latent.rotarySize, "model.value_size",
          "at most model.plain_size + model.rotary_size");
    needs(model.qkNorm == QkNorm::None, "model.qk_norm", "none");
}

void checkSparse(const RunConfig& config, std::vector<ConfigConflict>& conflicts) {
    if (config.model.attention != AttentionKind::Nsa) return;
    const NsaConfig& nsa = config.model.nsa;
    const auto needs = [&](bool fine, std::string_view path, const std::string& what) {
        if (!fine)
            conflicts.push_back(
                {{path, "model.attention"},
                 std::string(path) + " must be " + what + " where model.attention is nsa"});
    };
    const std::string stride = named("model.nsa_stride", nsa.stride);
    needs(nsa.block % nsa.stride == 0, "model.nsa_block", "a multiple of " + stride);
    needs(nsa.selectBlock % nsa.stride == 0, "model.nsa_select_block", "a multiple of " + stride);
    needs(nsa.block <= nsa.selectBlock, "model.nsa_block",
          "at most " + named("model.nsa_select_block", nsa.selectBlock));
    needs(nsa.selected > nsa.local, "model.nsa_selected",
          "more than " + named("model.nsa_local", nsa.local) + ": the first block is one more");
    const AttentionConfig& attention = config.attention;
    needs(attention.causal, "attention.causal", "true");
    needs(!attention.window, "attention.window", "null (model.nsa_window is this model's)");
    needs(attention.dropout == 0, "attention.dropout", "0");
    needs(!attention.softcap, "attention.softcap", "null");
    needs(!attention.alibi, "attention.alibi", "false");
    needs(attention.pattern.kind == PatternKind::None, "attention.pattern.kind", "none");
    needs(config.model.position != PositionKind::Alibi, "model.position", "rope, learned or none");
    needs(!config.model.attentionSinks, "model.attention_sinks", "false");
    needs(!keepsDocumentsApart(config), "data.packing",
          "false, and train.task lm: a compressed block has tokens of one document alone");
    needs(config.adapter.kind == AdapterKind::None, "adapter.kind", "none");
}

void checkExperts(const ModelConfig& model, std::vector<ConfigConflict>& conflicts) {
    const ExpertConfig& experts = model.experts;
    if (experts.count == 0) return;
    const auto needs = [&](bool fine, std::string_view path, const std::string& what) {
        if (!fine)
            conflicts.push_back({{path, "model.experts"}, std::string(path) + " must be " + what});
    };
    needs(experts.size > 0, "model.expert_size", "at least 1 where there are experts");
    needs(experts.perToken <= experts.count, "model.experts_per_token",
          "at most " + named("model.experts", experts.count));
    needs(experts.count % experts.groups == 0, "model.expert_groups",
          "a divisor of " + named("model.experts", experts.count));
    needs(experts.bestGroups <= experts.groups, "model.expert_best_groups",
          "at most " + named("model.expert_groups", experts.groups));
    needs(rowOf(model.ffn).gated, "model.ffn",
          "swiglu, geglu or swiglu_clamped where there are experts");
    // Of others no family says whether the router has one.
    needs(!model.ffnBias || model.ffn == FeedForwardKind::SwigluClamped, "model.ffn_bias",
          "false where there are experts, unless model.ffn is swiglu_clamped, whose experts and "
          "router have biases");
}

// What would train another model than the file asks for, in silence.
void checkRouterTraining(const RunConfig& config, std::vector<ConfigConflict>& conflicts) {
    const ExpertConfig& experts = config.model.experts;
    if (config.train.routerAuxLoss > 0 && experts.count == 0)
        conflicts.push_back({{"train.router_aux_loss", "model.experts"},
                             "train.router_aux_loss is for experts, and model.experts is 0; use "
                             "router_aux_loss 0"});
    if (config.train.routerBiasStep > 0 && (experts.count == 0 || !experts.bias))
        conflicts.push_back({{"train.router_bias_step", "model.expert_bias"},
                             "train.router_bias_step changes the bias of experts, and this model's "
                             "have none; set model.expert_bias true, or use router_bias_step 0"});
}

void checkExpertRanks(const RunConfig& config, std::vector<ConfigConflict>& conflicts) {
    const std::int64_t ep = config.parallel.ep;
    if (ep == 1) return;
    const std::string field = named("parallel.ep", ep);
    const std::int64_t experts = config.model.experts.count;
    const std::int64_t ranks = config.parallel.sp * config.parallel.dp;
    if (experts == 0)
        conflicts.push_back({{"parallel.ep", "model.experts"},
                             field + " shares experts out, and model.experts is 0; use ep 1"});
    else if (experts % ep != 0)
        conflicts.push_back({{"parallel.ep", "model.experts"},
                             field + " does not divide " + named("model.experts", experts) +
                                 "; use a number of ranks that does"});
    if (ranks % ep != 0)
        conflicts.push_back({{"parallel.ep", "parallel.sp", "parallel.dp"},
                             field + " does not divide the " + std::to_string(ranks) +
                                 (ranks == 1 ? " rank of " : " ranks of ") +
                                 named("parallel.sp", config.parallel.sp) + " x " +
                                 named("parallel.dp", config.parallel.dp) +
                                 "; use a number of ranks that does"});
}

void checkOffloadPlace(std::string_view path, OffloadPlace place,
                       std::vector<ConfigConflict>& conflicts) {
    if (place == OffloadPlace::Host)
        conflicts.push_back(
            {{path},
             std::string(path) +
                 " host: what a CPU rank holds is in the host's memory already, and nothing "
                 "moves what a GPU holds there yet; use disk, or none"});
}

void checkOffload(const MemoryConfig& memory, std::vector<ConfigConflict>& conflicts) {
    checkOffloadPlace("memory.offload_activations", memory.offloadActivations, conflicts);
    checkOffloadPlace("memory.offload_optimizer", memory.offloadOptimizer, conflicts);
    checkOffloadPlace("memory.offload_parameters", memory.offloadParameters, conflicts);
    if (memory.offloadActivations != OffloadPlace::None && memory.recompute != Recompute::Layers)
        conflicts.push_back({{"memory.offload_activations", "memory.recompute"},
                             "memory.offload_activations " +
                                 std::string(nameOf(memory.offloadActivations)) +
                                 " is for the inputs that memory.recompute layers keeps, and "
                                 "recompute is " +
                                 std::string(nameOf(memory.recompute)) + "; use recompute layers"});
    if (memory.offloadParameters != OffloadPlace::None && memory.zero != 3)
        conflicts.push_back({{"memory.offload_parameters", "memory.zero"},
                             "memory.offload_parameters " +
                                 std::string(nameOf(memory.offloadParameters)) +
                                 " is for parameters that ranks divide, and memory.zero is " +
                                 std::to_string(memory.zero) + "; use zero 3"});
}

void checkAdapter(const RunConfig& config, std::vector<ConfigConflict>& conflicts) {
    if (config.adapter.kind == AdapterKind::None) return;
    const std::string kind = "adapter.kind " + std::string(nameOf(config.adapter.kind));
    if (config.train.routerBiasStep != 0)
        conflicts.push_back({{"train.router_bias_step", "adapter.kind"},
                             "train.router_bias_step moves biases of routers, and with " + kind +
                                 " the model stays as it is; use 0"});
    if (config.checkpoint.atEnd && !config.model.from)
        conflicts.push_back({{"checkpoint.at_end", "model.from"},
                             "checkpoint.at_end keeps an adapter with " + kind +
                                 ", which is of use beside the model it was trained with alone; "
                                 "set model.from to that model's folder"});
    if (config.adapter.kind == AdapterKind::Qlora && config.memory.zero == 3)
        conflicts.push_back({{"memory.zero", "adapter.kind"},
                             "memory.zero 3 divides the model's parameters, and with " + kind +
                                 " each rank holds them in 4 bits; use zero 2"});
}

void checkPositions(const RunConfig& config, std::vector<ConfigConflict>& conflicts) {
    const ModelConfig& model = config.model;
    if (model.position == PositionKind::Learned && model.positions < config.train.seqLen)
        conflicts.push_back({{"model.positions", "train.seq_len"},
                             named("train.seq_len", config.train.seqLen) + " is longer than " +
                                 named("model.positions", model.positions) +
                                 ", the table of learned positions; use shorter sequences"});
    if (model.position != PositionKind::Rope) return;
    const RopeConfig& rope = model.rope;
    const bool byLength = rope.scaling != RopeScaling::None && rope.scaling != RopeScaling::Linear;
    if (byLength && rope.originalLength < 1)
        conflicts.push_back({{"model.rope_original_length", "model.rope_scaling"},
                             "model.rope_original_length must be set where model.rope_scaling is " +
                                 std::string(nameOf(rope.scaling))});
    const auto pairs = static_cast<std::size_t>(model.rotaryDim() / 2);
    if (rope.scaling == RopeScaling::LongRope &&
        (rope.shortFactors.size() != pairs || rope.longFactors.size() != pairs))
        conflicts.push_back({{"model.rope_short_factors", "model.rope_long_factors"},
                             "longrope needs a factor for each of " + std::to_string(pairs) +
                                 " pairs of columns; model.rope_short_factors has " +
                                 std::to_string(rope.shortFactors.size()) +
                                 ", model.rope_long_factors " +
                                 std::to_string(rope.longFactors.size())});
}

void checkLayers(const RunConfig& config, std::vector<ConfigConflict>& conflicts) {
    const Result<std::vector<LayerKind>> kinds = layerKinds(config.model, config.attention);
    if (!kinds.ok())
        conflicts.push_back(
            {{"model.layer_pattern", "model.layers", "attention.window"}, kinds.error().message});
    if (config.model.parallelResidual && config.model.normPlace != NormPlace::Before)
        conflicts.push_back({{"model.norm_place", "model.parallel_residual"},
                             "model.norm_place must be before where model.parallel_residual is "
                             "true"});
}

void checkTokens(const RunConfig& config, std::vector<ConfigConflict>& conflicts) {
    if (config.data.tokenizer == byteTokenizer && config.model.vocabSize < byteTokens)
        conflicts.push_back({{"model.vocab_size", "data.tokenizer"},
                             named("model.vocab_size", config.model.vocabSize) +
                                 " is too small for byte tokens; use at least 256"});
}

void checkSource(const DataConfig& data, std::vector<ConfigConflict>& conflicts) {
    if (sourceNames(data.source).empty())
        conflicts.push_back(
            {{"data.source"},
             "data.source " + data.source +
                 " is a list with an empty name; write names like [a.txt, b.jsonl]"});
}

void checkIds(const DataConfig& data, std::vector<ConfigConflict>& conflicts) {
    if (data.tokenizer != idTokenizer) return;
    if (data.source.starts_with("builtin:"))
        conflicts.push_back({{"data.source", "data.tokenizer"},
                             "data.source " + data.source +
                                 " is text, and data.tokenizer is ids; name a .npy file of token "
                                 "ids"});
    if (data.packing)
        conflicts.push_back({{"data.packing", "data.tokenizer"},
                             "data.packing finds paragraphs in text, and data.tokenizer is ids; "
                             "use packing false"});
}

void checkAnswers(const RunConfig& config, std::vector<ConfigConflict>& conflicts) {
    if (config.train.task != TrainTask::Sft) return;
    const auto needs = [&](bool fine, std::string_view path, std::string_view what) {
        if (!fine)
            conflicts.push_back(
                {{path, "train.task"},
                 std::string(path) + " must be " + std::string(what) + " where train.task is sft"});
    };
    const DataConfig& data = config.data;
    needs(data.tokenizer != idTokenizer, "data.tokenizer", "one of text");
    needs(!data.source.starts_with("builtin:"), "data.source", "a .jsonl file of conversations");
    needs(data.order != DataOrder::Samples, "data.order", "auto, shuffled or sequential");
    // Attention takes the rows of a batch at once, and their documents would end in each other.
    needs(config.train.batch == 1, "train.batch", "1 (train.grad_accum takes more)");
}

// Its sequences are what they are: nothing can be added, cut or tokenized otherwise.
void checkRecall(const RunConfig& config, std::vector<ConfigConflict>& conflicts) {
    const DataConfig& data = config.data;
    const std::vector<std::string> names = sourceNames(data.source);
    if (std::ranges::find(names, builtinRecall) == names.end()) return;
    const auto needs = [&](bool fine, std::string_view path, std::string_view what) {
        if (!fine)
            conflicts.push_back({{path, "data.source"},
                                 std::string(path) + " must be " + std::string(what) +
                                     " where data.source is builtin:recall"});
    };
    if (names.size() > 1)
        conflicts.push_back(
            {{"data.source"},
             "data.source " + data.source + " has builtin:recall beside others; write it alone"});
    needs(data.tokenizer == byteTokenizer, "data.tokenizer", "byte");
    needs(data.order != DataOrder::Samples, "data.order", "auto, shuffled or sequential");
    needs(!data.packing, "data.packing", "false");
    needs(config.train.seqLen >= leastRecallTokens, "train.seq_len", "at least 64");
}

void checkSteps(const TrainConfig& train, std::vector<ConfigConflict>& conflicts) {
    if (train.warmupSteps >= train.steps)
        conflicts.push_back({{"train.warmup_steps", "train.steps"},
                             named("train.warmup_steps", train.warmupSteps) +
                                 " leaves no step to measure of " +
                                 named("train.steps", train.steps) + "; use fewer"});
}

void checkLearningRate(const TrainConfig& train, std::vector<ConfigConflict>& conflicts) {
    if (train.lrSchedule != LrSchedule::Wsd || !train.lrDecay) return;
    if (train.lrWarmup + *train.lrDecay <= train.steps) return;
    conflicts.push_back({{"train.lr_warmup", "train.lr_decay", "train.steps"},
                         named("train.lr_warmup", train.lrWarmup) + " and " +
                             named("train.lr_decay", *train.lrDecay) + " are more than " +
                             named("train.steps", train.steps) + "; use fewer"});
}

void checkStops(const RunConfig& config, std::vector<ConfigConflict>& conflicts) {
    const TrainConfig& train = config.train;
    const auto needs = [&](bool isSet, std::string_view field) {
        if (!isSet || config.data.validation > 0) return;
        conflicts.push_back({{field, "data.validation"},
                             std::string(field) + " looks at validations, and data.validation is "
                                                  "0; keep a share out of training"});
    };
    needs(train.stopLoss.has_value(), "train.stop_loss");
    needs(train.stopPatience.has_value(), "train.stop_patience");
    needs(train.validateEvery > 0, "train.validate_every");
}

void checkSize(const RunConfig& config, std::vector<ConfigConflict>& conflicts) {
    const TrainConfig& train = config.train;
    const ModelConfig& model = config.model;
    double activations = 1;
    for (const std::int64_t size :
         {train.batch, train.gradAccum, train.seqLen, model.layers, model.hiddenSize})
        activations *= static_cast<double>(size);
    if (activations <= largestStep) return;
    conflicts.push_back(
        {{"train.seq_len", "train.batch", "train.grad_accum", "model.hidden_size", "model.layers"},
         "train.batch * train.grad_accum * train.seq_len * model.layers * "
         "model.hidden_size is " +
             rounded(activations) + ", too much to plan; use at most " + rounded(largestStep)});
}

void checkOptimizer(const TrainConfig& train, std::vector<ConfigConflict>& conflicts) {
    if (train.optimizer == OptimizerKind::AdamW8bit && train.precision == NumberFormat::Fp64)
        conflicts.push_back({{"train.optimizer", "train.precision"},
                             "train.optimizer adamw8bit computes in fp32, and train.precision is "
                             "fp64; use optimizer adamw, or precision fp32"});
}

// Here rather than in the field's kind, so that the sentence names the host that is wrong.
void checkHosts(const LaunchConfig& launch, std::vector<ConfigConflict>& conflicts) {
    if (launch.transport == TransportKind::Local) return;
    const Result<std::vector<HostSpec>> hosts = parseHosts(launch.hosts);
    if (!hosts.ok()) conflicts.push_back({{"launch.hosts"}, hosts.error().message});
}

// Whatever the mode: one that runs on fewer ranks is there to be compared with the others.
void checkRecordedRanks(const RunConfig& config, std::vector<ConfigConflict>& conflicts) {
    const std::int64_t ranks = config.parallel.sp * config.parallel.dp;
    if (!config.profile.ranks || config.profile.ranks->back() < ranks) return;
    conflicts.push_back(
        {{"profile.ranks", "parallel.sp", "parallel.dp"},
         "profile.ranks names rank " + std::to_string(config.profile.ranks->back()) + ", but " +
             named("parallel.sp", config.parallel.sp) + " x " +
             named("parallel.dp", config.parallel.dp) + " are " + std::to_string(ranks) +
             (ranks == 1 ? " rank" : " ranks") + "; the last is " + std::to_string(ranks - 1)});
}

// What of a pattern cannot be, whatever the mode. What does not fit the length is the planner's.
void checkPattern(const RunConfig& config, std::vector<ConfigConflict>& conflicts) {
    const PatternConfig& pattern = config.attention.pattern;
    const bool dilated = pattern.kind == PatternKind::Dilated;
    if (dilated && (pattern.rates.empty() || pattern.segments.size() != pattern.rates.size()))
        conflicts.push_back(
            {{"attention.pattern.kind", "attention.pattern.segments", "attention.pattern.rates"},
             "attention.pattern.kind dilated takes a segment and a rate for each branch; got " +
                 std::to_string(pattern.segments.size()) + " segments and " +
                 std::to_string(pattern.rates.size()) + " rates"});
    if (dilated && pattern.stopGradient && config.model.attentionSinks)
        conflicts.push_back({{"attention.pattern.stop_gradient", "model.attention_sinks"},
                             "attention.pattern.stop_gradient true lets no gradient to the weights "
                             "of branches, and model.attention_sinks is learned from it; use "
                             "stop_gradient false"});
    if (pattern.kind == PatternKind::BlockSparse && pattern.local == 0 && pattern.stride == 0 &&
        pattern.levels == 0 && pattern.globalTokens == 0 && pattern.topK == 0 && !pattern.file)
        conflicts.push_back(
            {{"attention.pattern.kind", "attention.pattern.local"},
             "attention.pattern.kind block_sparse is the union of local, stride, levels, global, "
             "top_k and file, and none of them is set; set attention.pattern.local to see near "
             "blocks"});
}

}  // namespace

std::string named(std::string_view path, std::int64_t value) {
    return std::string(path) + " (" + std::to_string(value) + ")";
}

std::vector<ConfigConflict> findConflicts(const RunConfig& config) {
    std::vector<ConfigConflict> conflicts;
    checkHeads(config.model, conflicts);
    checkLatent(config.model, conflicts);
    checkSparse(config, conflicts);
    checkExperts(config.model, conflicts);
    checkRouterTraining(config, conflicts);
    checkExpertRanks(config, conflicts);
    checkOffload(config.memory, conflicts);
    checkAdapter(config, conflicts);
    checkPositions(config, conflicts);
    checkPattern(config, conflicts);
    checkLayers(config, conflicts);
    checkTokens(config, conflicts);
    checkSource(config.data, conflicts);
    checkIds(config.data, conflicts);
    checkAnswers(config, conflicts);
    checkRecall(config, conflicts);
    checkSteps(config.train, conflicts);
    checkLearningRate(config.train, conflicts);
    checkStops(config, conflicts);
    checkOptimizer(config.train, conflicts);
    checkSize(config, conflicts);
    checkHosts(config.launch, conflicts);
    checkRecordedRanks(config, conflicts);
    return conflicts;
}

}  // namespace ringscope
