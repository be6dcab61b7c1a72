#include "backend/config/conflicts.h"

#include "backend/config/host_list.h"

#include <array>
#include <charconv>
#include <cstdint>

namespace ringscope {
namespace {

constexpr std::int64_t byteTokens = 256;
// Largest number of activations in all layers of a step: 24 bytes each stay inside 63 bits.
constexpr double largestStep = 4.5e15;

std::string named(std::string_view path, std::int64_t value) {
    return std::string(path) + " (" + std::to_string(value) + ")";
}

// "1.5e+23"
std::string rounded(double value) {
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                   std::chars_format::scientific, 1)
                         .ptr;
    return {buffer.data(), end};
}

void checkHeads(const ModelConfig& model, std::vector<ConfigConflict>& conflicts) {
    if (model.hiddenSize % model.heads != 0) {
        conflicts.push_back({{"model.heads", "model.hidden_size"},
                             named("model.heads", model.heads) + " does not divide " +
                                 named("model.hidden_size", model.hiddenSize) +
                                 "; use a number of heads that does"});
    } else if (model.headDim() % 2 != 0) {
        conflicts.push_back({{"model.heads", "model.hidden_size"},
                             "model.hidden_size / model.heads is " +
                                 std::to_string(model.headDim()) +
                                 "; rotary positions need an even head size"});
    }
    if (model.heads % model.kvHeads != 0)
        conflicts.push_back({{"model.kv_heads", "model.heads"},
                             named("model.kv_heads", model.kvHeads) + " does not divide " +
                                 named("model.heads", model.heads) +
                                 "; use a number of key/value heads that does"});
}

void checkTokens(const RunConfig& config, std::vector<ConfigConflict>& conflicts) {
    if (config.data.tokenizer == Tokenizer::Byte && config.model.vocabSize < byteTokens)
        conflicts.push_back({{"model.vocab_size", "data.tokenizer"},
                             named("model.vocab_size", config.model.vocabSize) +
                                 " is too small for byte tokens; use at least 256"});
}

void checkSteps(const TrainConfig& train, std::vector<ConfigConflict>& conflicts) {
    if (train.warmupSteps >= train.steps)
        conflicts.push_back({{"train.warmup_steps", "train.steps"},
                             named("train.warmup_steps", train.warmupSteps) +
                                 " leaves no step to measure of " +
                                 named("train.steps", train.steps) + "; use fewer"});
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

}  // namespace

std::vector<ConfigConflict> findConflicts(const RunConfig& config) {
    std::vector<ConfigConflict> conflicts;
    checkHeads(config.model, conflicts);
    checkTokens(config, conflicts);
    checkSteps(config.train, conflicts);
    checkSize(config, conflicts);
    checkHosts(config.launch, conflicts);
    checkRecordedRanks(config, conflicts);
    return conflicts;
}

}  // namespace ringscope
