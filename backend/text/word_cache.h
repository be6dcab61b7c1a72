// The tokens of words that were met before.
#pragma once

#include "backend/text/word_model.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

// Of one thread at a time. It forgets everything when it is full.
class WordCache {
public:
    static constexpr std::size_t longestWord = 128;  // bytes; longer ones seldom come again

    WordCache();

    // The tokens, until the next call of remember().
    std::optional<std::span<const WordToken>> find(std::string_view word) const;
    void remember(std::string_view word, std::span<const WordToken> tokens);

private:
    struct Slot {
        std::uint64_t hash = 0;  // 0: free
        std::uint32_t word = 0;  // where it begins in words_
        std::uint32_t tokens = 0;
        std::uint16_t wordBytes = 0;
        std::uint16_t tokenCount = 0;
    };

    std::size_t slotOf(std::uint64_t hash, std::string_view word) const;
    void forget();

    std::vector<Slot> slots_;
    std::size_t used_ = 0;
    std::string words_{};
    std::vector<WordToken> tokens_{};
};

// Caches that threads borrow, one each.
class WordCaches {
public:
    std::unique_ptr<WordCache> borrow();
    void giveBack(std::unique_ptr<WordCache> cache);

private:
    std::mutex mutex_{};
    std::vector<std::unique_ptr<WordCache>> idle_{};
};

}  // namespace ringscope
