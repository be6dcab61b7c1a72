// The merges of byte-pair encoding: which two neighbours become one, and which come first.
#pragma once

#include "backend/text/vocabulary.h"
#include "backend/text/word_model.h"

#include <cstdint>
#include <limits>
#include <vector>

namespace ringscope {

class Merges {
public:
    struct Merge {
        std::uint32_t rank = std::numeric_limits<std::uint32_t>::max();  // lower comes first
        TokenId id = -1;                                                 // what they become
        bool exists() const { return id >= 0; }
    };

    // Room for `count` of them.
    explicit Merges(std::size_t count = 0);

    // Of several merges of a pair the last one counts.
    void add(TokenId left, TokenId right, Merge merge);
    Merge find(TokenId left, TokenId right) const;

    // Merges neighbours until none are left to merge: always the lowest rank, and of equal ones the
    // leftmost.
    void apply(std::vector<WordToken>& tokens) const;

    // The same in two ways, of which apply() takes the faster one: for short words, and for long
    // ones.
    void applyByScanning(std::vector<WordToken>& tokens) const;
    void applyByQueue(std::vector<WordToken>& tokens) const;

private:
    struct Slot {
        std::uint64_t pair = emptySlot;
        Merge merge{};
    };
    static constexpr std::uint64_t emptySlot = std::numeric_limits<std::uint64_t>::max();

    std::size_t slotOf(std::uint64_t pair) const;

    std::vector<Slot> slots_{};
    std::uint64_t mask_ = 0;
};

}  // namespace ringscope
