// Functions and classes of other projects that make or wrap an attention, by name.
#pragma once

#include <span>
#include <string_view>

namespace ringscope {

struct KnownCall {
    std::string_view name;     // one that ends in '*' stands for all that begin so
    std::string_view rule;     // what rules know it by: "ring_class"
    std::string_view section;  // and its arguments: "ring" for "ring.dropout"
    std::string_view mode{};   // of Ringscope, that does the same; empty: none, or it depends
    std::string_view
        parameters{};  // of values that stand in order: "segment_lengths,dilation_rates"
};

std::span<const KnownCall> knownCalls();
// By the whole name, else by the longest beginning of it. Null for another one.
const KnownCall* findCall(std::string_view name);

}  // namespace ringscope
