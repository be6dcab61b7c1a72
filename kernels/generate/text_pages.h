// Where the tokens of texts lie in a cache that many texts share. Without libtorch.
//
//     pages of 16 tokens, a text that has pages 7 and 2
//     token 0 … 15  ->  slots 112 … 127        token 16 … 31  ->  slots 32 … 47
//
// A text takes all its pages when it begins and gives them back when it ends, so it never has to
// wait for one. Where queries see a window, its pages are used in turn: the tokens of the oldest
// one are overwritten, which no query sees any more.
//
// A full page may be named after all tokens up to its end. Texts that begin alike then hold the
// same pages, and a page that no text holds any more is kept until its room is needed.
#pragma once

#include "backend/plan/layout.h"
#include "backend/plan/mask.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace ringscope {

inline constexpr std::int64_t tokensOfPage = 16;

inline std::int64_t pagesFor(std::int64_t tokens) {
    return (tokens + tokensOfPage - 1) / tokensOfPage;
}

// Tokens are dealt to ranks in turn, and a rank counts those that it has.
//
//     2 ranks, rank 1     tokens 1 3 5 7 …  are its tokens 0 1 2 3 …
struct TokenDeal {
    int rank = 0;
    int ranks = 1;

    // Of a text of so many tokens: what a rank has, at most.
    std::int64_t most(std::int64_t tokens) const { return (tokens + ranks - 1) / ranks; }
    // Of these tokens, this rank's, as it counts them.
    TokenSpan own(TokenSpan tokens) const { return {before(tokens.begin), before(tokens.end)}; }
    // The tokens of this rank's from `own` on.
    TokenRun from(std::int64_t own) const { return {own * ranks + rank, ranks}; }

private:
    std::int64_t before(std::int64_t token) const {
        return std::max<std::int64_t>(0, token - rank + ranks - 1) / ranks;
    }
};

// Names of the pages that `tokens` fill, each of `perPage`. The last one is left out where no token
// is behind it: a text is read from a page's end on, and to go on it needs a token to read.
std::vector<std::string> pageNames(std::span<const std::int64_t> tokens, std::int64_t perPage);
// Of one page, whose predecessor has the name `before`; empty: it is the first one.
std::string pageName(const std::string& before, std::span<const std::int64_t> tokens);

class PagePool {
public:
    explicit PagePool(std::int64_t pages);

    std::int64_t pages() const { return static_cast<std::int64_t>(pages_.size()); }
    std::int64_t kept() const { return static_cast<std::int64_t>(kept_.size()); }
    // That no text holds: empty ones, and those that are kept.
    std::int64_t free() const { return static_cast<std::int64_t>(empty_.size()) + kept(); }

    // Nothing where fewer are free; then none is taken. Of kept ones those go first that were given
    // back longest ago; they lose their names.
    std::optional<std::vector<std::int64_t>> take(std::int64_t count);
    // Of pages that are kept, the last one is as if it were given back first.
    void giveBack(const std::vector<std::int64_t>& pages);

    // Of a page that a text holds and nobody writes to any more. Where another page has the name,
    // this one gets none.
    void name(std::int64_t page, const std::string& name);
    // The pages of these names, up to the first that is not there. One more text holds them.
    std::vector<std::int64_t> hold(const std::vector<std::string>& names);

private:
    struct Page {
        std::string name{};
        std::int64_t texts = 0;      // that hold it
        std::int64_t givenBack = 0;  // a number that grows; of kept ones
    };
    Page& at(std::int64_t page) { return pages_[static_cast<std::size_t>(page)]; }

    std::vector<Page> pages_;
    std::vector<std::int64_t> empty_{};
    std::map<std::int64_t, std::int64_t> kept_{};  // by when they were given back
    std::unordered_map<std::string, std::int64_t> named_{};
    std::int64_t givenBack_ = 0;
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
