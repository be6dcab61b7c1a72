// The kinds of configuration that can be migrated: one row each, in source_table.cpp.
#pragma once

#include "backend/config/precision.h"
#include "backend/migration/key_rules.h"
#include "backend/migration/migration.h"
#include "backend/migration/source_tree.h"

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ringscope {

// A key by which a kind is recognised. A `decisive` one belongs to no other kind: if a kind has
// decisive marks, a file without any of them is not of that kind.
struct Mark {
    std::string_view path;  // one that ends in '.' or '_' stands for all keys that begin so
    double weight = 0.0;    // confidence from this key alone, 0..1
    bool decisive = false;
    std::string_view value{};  // the key counts with this value only; empty: with any
                               // one that ends in '*' stands for all values that begin so
};

// What a kind of file is to the others that it names, or that name it.
enum class SourceLayer : std::uint8_t {
    Training,  // it says what is trained
    Launch,    // it starts what another file says
    Engine,    // settings that a training's file names
};

struct Source {
    std::string_view kind;  // "360-llama-factory"
    std::string_view help;  // one line: which program's files these are
    std::vector<Mark> marks;
    std::span<const KeyRule> rules;
    std::string_view nestedDeepSpeed;  // section with DeepSpeed's keys: "deepspeed."
    std::span<const ImpliedDefault> implied;
    std::string_view impliedMode;  // if no key names one; empty: the user is asked
    std::optional<NumberFormat> impliedPrecision{};  // if no key names one
    SourceLayer layer = SourceLayer::Training;
    std::vector<std::string_view> sections{};  // that keys may stand in: "language_model."
    std::span<const KeyRule> further{};        // rows for keys that `rules` does not have
};

// The row for a key of a file of this kind: with its section, without it, of DeepSpeed's section,
// or of a command's launcher and environment.
const KeyRule* ruleOf(const Source& source, std::string_view ruleName);

std::span<const Source> sourceTable();
inline constexpr std::string_view ringscopeKind = "ringscope";
inline constexpr std::string_view deepSpeedKind = "deepspeed";
inline constexpr std::string_view llamaFactoryKind = "360-llama-factory";
inline constexpr std::string_view alstForkKind = "360-llama-factory-alst";
inline constexpr std::string_view bridgeKind = "llama-factory-megatron";
inline constexpr std::string_view accelerateKind = "accelerate";
inline constexpr std::string_view axolotlKind = "axolotl";
inline constexpr std::string_view torchtitanKind = "torchtitan";
inline constexpr std::string_view megatronKind = "megatron";
inline constexpr std::string_view swiftKind = "ms-swift";
inline constexpr std::string_view openRlhfKind = "openrlhf";
inline constexpr std::string_view easyContextKind = "easycontext";
inline constexpr std::string_view nemoKind = "nemo";
inline constexpr std::string_view verlKind = "verl";
inline constexpr std::string_view callsKind = "python-calls";

const Source* findSource(std::string_view kind);

struct Recognition {
    const Source* source = nullptr;  // null: no known kind
    SourceGuess guess;
};
Recognition recognise(const SourceTree& tree);

}  // namespace ringscope
