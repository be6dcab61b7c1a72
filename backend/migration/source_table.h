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
};

std::span<const Source> sourceTable();
inline constexpr std::string_view ringscopeKind = "ringscope";
inline constexpr std::string_view deepSpeedKind = "deepspeed";
inline constexpr std::string_view llamaFactoryKind = "360-llama-factory";
inline constexpr std::string_view alstForkKind = "360-llama-factory-alst";

struct Recognition {
    const Source* source = nullptr;  // null: no known kind
    SourceGuess guess;
};
Recognition recognise(const SourceTree& tree);

}  // namespace ringscope
