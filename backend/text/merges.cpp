#include "backend/text/merges.h"

#include <algorithm>
#include <bit>
#include <queue>

namespace ringscope {
namespace {

constexpr std::size_t longestScanned = 48;  // tokens; beyond it a queue is faster

std::uint64_t pairOf(TokenId left, TokenId right) {
    return std::uint64_t{static_cast<std::uint32_t>(left)} << 32U |
           static_cast<std::uint32_t>(right);
}

// A merge that was possible when it was queued.
struct QueuedMerge {
    std::uint32_t rank = 0;
    std::uint32_t at = 0;     // index of the left one
    std::uint32_t bytes = 0;  // of both; others since then, if the two have grown

    bool operator>(const QueuedMerge& other) const {
        return rank != other.rank ? rank > other.rank : at > other.at;
    }
};

constexpr std::uint32_t noNeighbour = std::numeric_limits<std::uint32_t>::max();

// The tokens of a word as a list, and the merges that wait.
class MergeQueue {
public:
    MergeQueue(const Merges& merges, std::vector<WordToken>& tokens)
        : merges_(merges), tokens_(tokens), next_(tokens.size()), before_(tokens.size()) {
        for (std::uint32_t i = 0; i < next_.size(); ++i) {
            next_[i] = i + 1 < next_.size() ? i + 1 : noNeighbour;
            before_[i] = i > 0 ? i - 1 : noNeighbour;
        }
        for (std::uint32_t i = 0; i + 1 < next_.size(); ++i) queue(i);
    }

    void run() {
        while (!waiting_.empty()) {
            const QueuedMerge top = waiting_.top();
            waiting_.pop();
            if (isStillPossible(top)) merge(top.at);
        }
        std::size_t kept = 0;
        for (std::uint32_t i = 0; i != noNeighbour; i = next_[i]) tokens_[kept++] = tokens_[i];
        tokens_.resize(kept);
    }

private:
    void queue(std::uint32_t left) {
        const std::uint32_t right = next_[left];
        if (right == noNeighbour) return;
        const Merges::Merge found = merges_.find(tokens_[left].id, tokens_[right].id);
        if (found.exists())
            waiting_.push({found.rank, left, tokens_[left].bytes + tokens_[right].bytes});
    }

    bool isStillPossible(const QueuedMerge& merge) const {
        const std::uint32_t right = next_[merge.at];
        if (tokens_[merge.at].id < 0 || right == noNeighbour) return false;
        if (tokens_[merge.at].bytes + tokens_[right].bytes != merge.bytes) return false;
        return merges_.find(tokens_[merge.at].id, tokens_[right].id).rank == merge.rank;
    }

    void merge(std::uint32_t left) {
        const std::uint32_t right = next_[left];
        tokens_[left].id = merges_.find(tokens_[left].id, tokens_[right].id).id;
        tokens_[left].bytes += tokens_[right].bytes;
        tokens_[right].id = -1;
        next_[left] = next_[right];
        if (next_[left] != noNeighbour) before_[next_[left]] = left;
        if (before_[left] != noNeighbour) queue(before_[left]);
        queue(left);
    }

    const Merges& merges_;
    std::vector<WordToken>& tokens_;
    std::vector<std::uint32_t> next_;
    std::vector<std::uint32_t> before_;
    std::priority_queue<QueuedMerge, std::vector<QueuedMerge>, std::greater<>> waiting_;
};

}  // namespace

Merges::Merges(std::size_t count) : slots_(std::bit_ceil(2 * count + 2)) {
    mask_ = slots_.size() - 1;
}

std::size_t Merges::slotOf(std::uint64_t pair) const {
    std::uint64_t slot = pair * 0x9e3779b97f4a7c15U;
    slot = (slot ^ slot >> 32U) & mask_;
    while (slots_[slot].pair != pair && slots_[slot].pair != emptySlot) slot = (slot + 1) & mask_;
    return slot;
}

void Merges::add(TokenId left, TokenId right, Merge merge) {
    slots_[slotOf(pairOf(left, right))] = {pairOf(left, right), merge};
}

Merges::Merge Merges::find(TokenId left, TokenId right) const {
    return slots_[slotOf(pairOf(left, right))].merge;
}

void Merges::apply(std::vector<WordToken>& tokens) const {
    if (tokens.size() <= longestScanned)
        applyByScanning(tokens);
    else
        applyByQueue(tokens);
}

void Merges::applyByQueue(std::vector<WordToken>& tokens) const {
    if (tokens.size() > 1) MergeQueue(*this, tokens).run();
}

void Merges::applyByScanning(std::vector<WordToken>& tokens) const {
    if (tokens.size() < 2) return;
    std::vector<Merge> following(tokens.size());  // what a token and the next one become
    for (std::size_t i = 0; i + 1 < tokens.size(); ++i)
        following[i] = find(tokens[i].id, tokens[i + 1].id);
    for (;;) {
        std::size_t lowest = 0;
        for (std::size_t i = 1; i < following.size(); ++i)
            if (following[i].rank < following[lowest].rank) lowest = i;
        if (!following[lowest].exists()) return;
        const auto next = static_cast<std::ptrdiff_t>(lowest) + 1;
        tokens[lowest].id = following[lowest].id;
        tokens[lowest].bytes += tokens[lowest + 1].bytes;
        tokens.erase(tokens.begin() + next);
        following.erase(following.begin() + next);
        following[lowest] =
            lowest + 1 < tokens.size() ? find(tokens[lowest].id, tokens[lowest + 1].id) : Merge{};
        if (lowest > 0) following[lowest - 1] = find(tokens[lowest - 1].id, tokens[lowest].id);
    }
}

}  // namespace ringscope
