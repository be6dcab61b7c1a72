// Every mode with its own layout, and modes with the layouts that they take beside it.
#pragma once

#include "backend/plan/layout_choice.h"

#include <algorithm>
#include <string>
#include <vector>

namespace ringscope::test {

struct LaidOutMode {
    const Mode* mode = nullptr;
    LayoutChoice layout{};

    std::string name() const {  // "ring", "llama3_zigzag", "double_ring_hilbert"
        std::string text(mode->name);
        if (layout.layout != ShardChoice::Auto) text += "_" + std::string(nameOf(layout.layout));
        if (layout.order != TokenOrder::Sequence) text += "_" + std::string(nameOf(layout.order));
        std::ranges::replace(text, '-', '_');
        return text;
    }
};

inline std::vector<LaidOutMode> laidOutModes() {
    std::vector<LaidOutMode> all;
    for (const Mode& mode : modeTable()) all.push_back({&mode});
    const auto add = [&](const char* mode, ShardChoice layout, TokenOrder order) {
        all.push_back({findMode(mode), {.layout = layout, .order = order}});
    };
    add("llama3", ShardChoice::Zigzag, TokenOrder::Sequence);
    add("ring-allgather", ShardChoice::Contiguous, TokenOrder::Sequence);
    for (const char* mode :
         {"ring", "zigzag", "striped", "double-ring", "llama3", "ring-allgather"})
        add(mode, ShardChoice::Auto, TokenOrder::Hilbert);
    add("llama3", ShardChoice::Zigzag, TokenOrder::Hilbert);
    for (const char* mode : {"ring", "double-ring", "llama3", "ring-allgather"})
        add(mode, ShardChoice::Documents, TokenOrder::Sequence);
    return all;
}

// Its schedule for `shape`, whose tokens mode and layout divide. `documents`: none, one document.
inline Result<Schedule> scheduleOf(const LaidOutMode& mode, const AttentionShape& shape,
                                   const std::vector<std::int64_t>& documents = {}) {
    LayoutChoice choice = mode.layout;
    choice.tokens = shape.tokens;
    choice.documents = documents.empty() ? std::vector{std::int64_t{0}, shape.tokens} : documents;
    RINGSCOPE_TRY(const std::optional<ChosenLayout> layout,
                  chosenLayout(*mode.mode, shape, choice));
    return scheduleOver(*mode.mode, shape, layout);
}

}  // namespace ringscope::test
