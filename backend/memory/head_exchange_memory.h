// As kernels/attention/head_exchange: all-to-alls that turn a share of the tokens with all heads
// into all tokens of a group of ranks with a share of the heads, and back.
#pragma once

#include "backend/memory/attention_part.h"

#include <array>
#include <cstdint>
#include <vector>

namespace ringscope {

// Queries, keys, values, gates of queries; an output or its gradient takes the place of queries.
using HeadMemory = std::array<Held, 4>;

class HeadExchangeMemory {
public:
    HeadExchangeMemory(const AttentionPartMemory& part, const std::vector<Step>& pass);

    // What a step attends to: the group's tokens, this rank's heads.
    BlockSizes sizesOf(const Step& step) const;

    HeadMemory receive(const Step& step);
    void sendBack(const Step& step);
    const HeadMemory& returned() const { return returned_; }

private:
    struct Moving {
        Payload payload;
        int neededBy;
        HeadSpan heads;
        Pooled sent{};
        Pooled buffer{};
        Held received{};
    };

    std::int64_t headsOf(std::size_t tensor, const HeadSpan& heads) const;
    std::int64_t numbersOf(const Moving& moving) const;
    void complete(std::vector<Moving>& movings, int index);
    void takeReturned(int index);
    void unpack(const Moving& moving);

    const AttentionPartMemory& part_;
    const std::vector<Step>& pass_;
    std::int64_t ranks_;
    std::int64_t queryHeads_;  // of each rank
    std::int64_t keyHeads_;
    std::int64_t copies_;  // ranks that share a key head
    std::vector<Moving> incoming_{};
    std::vector<Moving> returning_{};
    HeadMemory returned_{};
};

}  // namespace ringscope
