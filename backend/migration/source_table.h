// The kinds of configuration that can be migrated: one row each, in source_table.cpp.
#pragma once

#include "backend/migration/key_rules.h"
#include "backend/migration/migration.h"
#include "backend/migration/source_tree.h"

#include <span>
#include <string_view>
#include <vector>

namespace ringscope {

// A key that speaks for a kind. `telling` ones belong to no other kind: a file without any of them
// is not of the kind.
struct Mark {
    std::string_view path;  // ends in '.' or '_': any key that begins so
    double weight = 0.0;    // how sure it alone makes us, 0..1
    bool telling = false;
    std::string_view value{};  // only with this value; empty: with any
};

struct Source {
    std::string_view kind;  // "360-llama-factory"
    std::string_view help;  // one line: whose files these are
    std::vector<Mark> marks;
    std::span<const KeyRule> rules;
    std::string_view nestedDeepSpeed;  // section with DeepSpeed's keys: "deepspeed."
    std::span<const ImpliedDefault> implied;
    std::string_view impliedMode;       // where no key names one and ranks share a sequence
    std::string_view impliedPrecision;  // "bf16" where no key names one
};

std::span<const Source> sourceTable();
inline constexpr std::string_view ringscopeKind = "ringscope";
inline constexpr std::string_view deepSpeedKind = "deepspeed";
inline constexpr std::string_view llamaFactoryKind = "360-llama-factory";
inline constexpr std::string_view alstForkKind = "360-llama-factory-alst";

struct Recognition {
    const Source* source = nullptr;  // null: no kind that is known
    SourceGuess guess;
};
Recognition recognise(const SourceTree& tree);

}  // namespace ringscope
