// A table of replacements as SentencePiece compiles it ("precompiled_charsmap"): a double-array
// trie over bytes, and the texts its leaves name.
#pragma once

#include "backend/core/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

class Charsmap {
public:
    struct Match {
        std::size_t bytes = 0;         // of the text
        std::string_view replacement;  // lives as long as the table
    };

    Charsmap() = default;

    // Fails where the bytes are no such table. An empty one replaces nothing.
    static Result<Charsmap> read(std::string_view bytes);

    // The replacement of the shortest, or the longest, beginning of `text` that has one.
    std::optional<Match> shortest(std::string_view text) const;
    std::optional<Match> longest(std::string_view text) const;

private:
    template <typename Visit>
    void walk(std::string_view text, Visit visit) const;

    std::vector<std::uint32_t> units_{};
    std::string texts_{};  // each ends with a zero byte
};

}  // namespace ringscope
