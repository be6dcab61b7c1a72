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

// data.source: the path of a file, or the text that ships with the program.
inline constexpr std::string_view builtinProse = "builtin:prose";

// parallel.ulysses_order: whether neighbouring ranks split heads, or form a ring.
enum class UlyssesOrder : std::uint8_t { Inner, Outer };
inline constexpr std::array ulyssesOrders = {Choice{UlyssesOrder::Inner, "inner"},
                                             Choice{UlyssesOrder::Outer, "outer"}};
constexpr const auto& choicesOf(UlyssesOrder /*any*/) { return ulyssesOrders; }
static_assert(inOrder(ulyssesOrders));

// parallel.mla_keys: what travels of the keys and values of latent attention.
enum class MlaKeys : std::uint8_t { Auto, Latent, Expanded };
inline constexpr std::array mlaKeyChoices = {Choice{MlaKeys::Auto, "auto"},
                                             Choice{MlaKeys::Latent, "latent"},
                                             Choice{MlaKeys::Expanded, "expanded"}};
constexpr const auto& choicesOf(MlaKeys /*any*/) { return mlaKeyChoices; }
static_assert(inOrder(mlaKeyChoices));

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
