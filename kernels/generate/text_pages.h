// Where the tokens of texts lie in a cache that many texts share. Without libtorch.
//
//     pages of 16 tokens, a text that has pages 7 and 2
//     token 0 … 15  ->  slots 112 … 127        token 16 … 31  ->  slots 32 … 47
//
// A text takes all its pages when it begins and gives them back when it ends, so it never has to
// wait for one. Where queries see a window, its pages are used in turn: the tokens of the oldest
// one are overwritten, which no query sees any more.
#pragma once

#include "backend/plan/layout.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace ringscope {

inline constexpr std::int64_t tokensOfPage = 16;

inline std::int64_t pagesFor(std::int64_t tokens) {
    return (tokens + tokensOfPage - 1) / tokensOfPage;
}

class PagePool {
public:
    explicit PagePool(std::int64_t pages);

    std::int64_t pages() const { return pages_; }
    std::int64_t free() const { return static_cast<std::int64_t>(free_.size()); }

    // Nothing where fewer are free; then none is taken.
    std::optional<std::vector<std::int64_t>> take(std::int64_t count);
    void giveBack(const std::vector<std::int64_t>& pages);

private:
    std::int64_t pages_;
    std::vector<std::int64_t> free_{};
};

// Slots behind each other, of tokens behind each other.
struct SlotStretch {
    std::int64_t slot = 0;
    std::int64_t first = 0;  // token
    std::int64_t count = 0;
    bool operator==(const SlotStretch&) const = default;
};

// The slots of `tokens`, in ascending order of the tokens. Stretches whose slots are neighbours are
// one.
std::vector<SlotStretch> slotsOf(const std::vector<std::int64_t>& pages, TokenSpan tokens);

}  // namespace ringscope
