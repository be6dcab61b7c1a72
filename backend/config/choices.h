// The choices of RunConfig's fields that are not tables of their own (modes: mode_names.h, number
// formats: precision.h). Each is spelled here and nowhere else.
#pragma once

#include "backend/core/choice.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace ringscope {

// data.tokenizer: one of these words, or the path of a tokenizer's file or folder.
inline constexpr std::string_view byteTokenizer = "byte";
inline constexpr std::string_view charTokenizer = "char";  // the characters of the text
inline constexpr std::string_view idTokenizer = "ids";     // the source holds them
inline constexpr std::array tokenizerWords = {byteTokenizer, charTokenizer, idTokenizer};

// data.source: files, or the text that ships with the program (data_source.h).
inline constexpr std::string_view builtinProse = "builtin:prose";

// data.order: auto is samples of one text, and shuffled documents of anything else.
enum class DataOrder : std::uint8_t { Auto, Samples, Shuffled, Sequential };
inline constexpr std::array dataOrders = {
    Choice{DataOrder::Auto, "auto"}, Choice{DataOrder::Samples, "samples"},
    Choice{DataOrder::Shuffled, "shuffled"}, Choice{DataOrder::Sequential, "sequential"}};
constexpr const auto& choicesOf(DataOrder /*any*/) { return dataOrders; }
static_assert(inOrder(dataOrders));

// data.chat_template: how a conversation becomes a text (backend/text/chat_template.h). Auto: as
// the tokenizer's files say.
enum class ChatFormat : std::uint8_t {
    Auto,
    ChatMl,
    Llama2,
    Llama3,
    Mistral,
    Gemma,
    Phi3,
    DeepSeek,
    Alpaca,
};
inline constexpr std::array chatFormats = {
    Choice{ChatFormat::Auto, "auto"},       Choice{ChatFormat::ChatMl, "chatml"},
    Choice{ChatFormat::Llama2, "llama2"},   Choice{ChatFormat::Llama3, "llama3"},
    Choice{ChatFormat::Mistral, "mistral"}, Choice{ChatFormat::Gemma, "gemma"},
    Choice{ChatFormat::Phi3, "phi3"},       Choice{ChatFormat::DeepSeek, "deepseek"},
    Choice{ChatFormat::Alpaca, "alpaca"}};
constexpr const auto& choicesOf(ChatFormat /*any*/) { return chatFormats; }
static_assert(inOrder(chatFormats));

// train.task: every token is learned, or those of answers alone.
enum class TrainTask : std::uint8_t { Lm, Sft };
inline constexpr std::array trainTasks = {Choice{TrainTask::Lm, "lm"},
                                          Choice{TrainTask::Sft, "sft"}};
constexpr const auto& choicesOf(TrainTask /*any*/) { return trainTasks; }
static_assert(inOrder(trainTasks));

// adapter.kind: what trains is the model, or a small product beside linear layers, whose weights
// stay as they are (lora) or are kept in 4 bits (qlora).
enum class AdapterKind : std::uint8_t { None, Lora, Qlora };
inline constexpr std::array adapterKinds = {Choice{AdapterKind::None, "none"},
                                            Choice{AdapterKind::Lora, "lora"},
                                            Choice{AdapterKind::Qlora, "qlora"}};
constexpr const auto& choicesOf(AdapterKind /*any*/) { return adapterKinds; }
static_assert(inOrder(adapterKinds));

// train.optimizer: AdamW with its state in fp32, or in 8 bits (kernels/train/adamw_8bit.h).
enum class OptimizerKind : std::uint8_t { AdamW, AdamW8bit };
inline constexpr std::array optimizerKinds = {Choice{OptimizerKind::AdamW, "adamw"},
                                              Choice{OptimizerKind::AdamW8bit, "adamw8bit"}};
constexpr const auto& choicesOf(OptimizerKind /*any*/) { return optimizerKinds; }
static_assert(inOrder(optimizerKinds));

// train.lr_schedule: how the learning rate goes on after train.lr_warmup.
enum class LrSchedule : std::uint8_t {
    Constant,
    Linear,
    Cosine,
    Wsd,  // warm-up, stable, decay: the last train.lr_decay steps fall linearly
};
inline constexpr std::array lrSchedules = {
    Choice{LrSchedule::Constant, "constant"}, Choice{LrSchedule::Linear, "linear"},
    Choice{LrSchedule::Cosine, "cosine"}, Choice{LrSchedule::Wsd, "wsd"}};
constexpr const auto& choicesOf(LrSchedule /*any*/) { return lrSchedules; }
static_assert(inOrder(lrSchedules));

// train.decayed: which parameters train.weight_decay shrinks.
enum class DecayedWeights : std::uint8_t { Matrices, All };
inline constexpr std::array decayedWeights = {Choice{DecayedWeights::Matrices, "matrices"},
                                              Choice{DecayedWeights::All, "all"}};
constexpr const auto& choicesOf(DecayedWeights /*any*/) { return decayedWeights; }
static_assert(inOrder(decayedWeights));

// parallel.ulysses_order: whether neighbouring ranks split heads, or form a ring.
enum class UlyssesOrder : std::uint8_t { Inner, Outer };
inline constexpr std::array ulyssesOrders = {Choice{UlyssesOrder::Inner, "inner"},
                                             Choice{UlyssesOrder::Outer, "outer"}};
constexpr const auto& choicesOf(UlyssesOrder /*any*/) { return ulyssesOrders; }
static_assert(inOrder(ulyssesOrders));

// parallel.layout: which tokens a rank holds. Auto is the mode's own; documents shares each packed
// document out like a sequence.
enum class ShardChoice : std::uint8_t { Auto, Contiguous, Zigzag, Documents };
inline constexpr std::array shardChoices = {
    Choice{ShardChoice::Auto, "auto"}, Choice{ShardChoice::Contiguous, "contiguous"},
    Choice{ShardChoice::Zigzag, "zigzag"}, Choice{ShardChoice::Documents, "documents"}};
constexpr const auto& choicesOf(ShardChoice /*any*/) { return shardChoices; }
static_assert(inOrder(shardChoices));

// parallel.token_order: the order in which tokens are shared out. Masks and rotary positions stay
// those of the sequence.
enum class TokenOrder : std::uint8_t { Sequence, Hilbert };
inline constexpr std::array tokenOrders = {Choice{TokenOrder::Sequence, "sequence"},
                                           Choice{TokenOrder::Hilbert, "hilbert"}};
constexpr const auto& choicesOf(TokenOrder /*any*/) { return tokenOrders; }
static_assert(inOrder(tokenOrders));

// parallel.mla_keys: what travels of the keys and values of latent attention.
enum class MlaKeys : std::uint8_t { Auto, Latent, Expanded };
inline constexpr std::array mlaKeyChoices = {Choice{MlaKeys::Auto, "auto"},
                                             Choice{MlaKeys::Latent, "latent"},
                                             Choice{MlaKeys::Expanded, "expanded"}};
constexpr const auto& choicesOf(MlaKeys /*any*/) { return mlaKeyChoices; }
static_assert(inOrder(mlaKeyChoices));

// memory.preset: what other fields start from (memory_preset.h).
enum class MemoryPreset : std::uint8_t { None, Alst };
inline constexpr std::array memoryPresets = {Choice{MemoryPreset::None, "none"},
                                             Choice{MemoryPreset::Alst, "alst"}};
constexpr const auto& choicesOf(MemoryPreset /*any*/) { return memoryPresets; }
static_assert(inOrder(memoryPresets));

// memory.recompute: what the backward pass computes once more instead of keeping it.
enum class Recompute : std::uint8_t {
    None,
    AttentionKept,  // all of a layer but what attention gives and needs
    Layers,         // all of a layer but its input
};
inline constexpr std::array recomputeChoices = {Choice{Recompute::None, "none"},
                                                Choice{Recompute::AttentionKept, "attention_kept"},
                                                Choice{Recompute::Layers, "layers"}};
constexpr const auto& choicesOf(Recompute /*any*/) { return recomputeChoices; }
static_assert(inOrder(recomputeChoices));

// memory.offload_*: where what a rank does not need at once waits.
enum class OffloadPlace : std::uint8_t {
    None,
    Host,  // of a GPU: pinned memory of its host
    Disk,
};
inline constexpr std::array offloadPlaces = {Choice{OffloadPlace::None, "none"},
                                             Choice{OffloadPlace::Host, "host"},
                                             Choice{OffloadPlace::Disk, "disk"}};
constexpr const auto& choicesOf(OffloadPlace /*any*/) { return offloadPlaces; }
static_assert(inOrder(offloadPlaces));

// profile.cupti
enum class CuptiUse : std::uint8_t { Auto, On, Off };
inline constexpr std::array cuptiUses = {Choice{CuptiUse::Auto, "auto"}, Choice{CuptiUse::On, "on"},
                                         Choice{CuptiUse::Off, "off"}};
constexpr const auto& choicesOf(CuptiUse /*any*/) { return cuptiUses; }
static_assert(inOrder(cuptiUses));

// launch.transport. launcher/transport_table.cpp has a row for each that makes it.
enum class TransportKind : std::uint8_t { Local, Ssh };
inline constexpr std::array transportKinds = {Choice{TransportKind::Local, "local"},
                                              Choice{TransportKind::Ssh, "ssh"}};
constexpr const auto& choicesOf(TransportKind /*any*/) { return transportKinds; }
static_assert(inOrder(transportKinds));

// launch.device
enum class DeviceChoice : std::uint8_t { Auto, Cpu, Cuda };
inline constexpr std::array deviceChoices = {Choice{DeviceChoice::Auto, "auto"},
                                             Choice{DeviceChoice::Cpu, "cpu"},
                                             Choice{DeviceChoice::Cuda, "cuda"}};
constexpr const auto& choicesOf(DeviceChoice /*any*/) { return deviceChoices; }
static_assert(inOrder(deviceChoices));

// launch.on_stall: what becomes of a run of which a rank stands still.
enum class StallAction : std::uint8_t { End, Keep };
inline constexpr std::array stallActions = {Choice{StallAction::End, "end"},
                                            Choice{StallAction::Keep, "keep"}};
constexpr const auto& choicesOf(StallAction /*any*/) { return stallActions; }
static_assert(inOrder(stallActions));

}  // namespace ringscope
