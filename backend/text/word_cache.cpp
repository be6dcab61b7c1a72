#include "backend/text/word_cache.h"

#include <cstring>

namespace ringscope {
namespace {

constexpr std::size_t cacheSlots = std::size_t{1} << 16;
constexpr std::size_t mostCachedWords = cacheSlots / 2;
constexpr std::size_t mostCachedBytes = std::size_t{4} << 20;  // of words
constexpr std::size_t mostIdleCaches = 64;

// Never 0.
std::uint64_t hashOfWord(std::string_view word) {
    constexpr std::uint64_t factor = 0x9e3779b97f4a7c15U;
    std::uint64_t hash = word.size() * factor;
    std::size_t at = 0;
    for (; at + 8 <= word.size(); at += 8) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, word.data() + at, 8);
        hash = (hash ^ eight) * factor;
        hash ^= hash >> 29U;
    }
    std::uint64_t rest = 0;
    std::memcpy(&rest, word.data() + at, word.size() - at);
    hash = (hash ^ rest) * factor;
    return (hash ^ hash >> 32U) | 1U;
}

}  // namespace

WordCache::WordCache() : slots_(cacheSlots) {}

std::size_t WordCache::slotOf(std::uint64_t hash, std::string_view word) const {
    std::size_t at = (hash >> 1U) % cacheSlots;
    for (;; at = (at + 1) % cacheSlots) {
        const Slot& slot = slots_[at];
        if (slot.hash == 0) return at;
        if (slot.hash == hash && slot.wordBytes == word.size() &&
            std::memcmp(words_.data() + slot.word, word.data(), word.size()) == 0)
            return at;
    }
}

std::optional<std::span<const WordToken>> WordCache::find(std::string_view word) const {
    const Slot& slot = slots_[slotOf(hashOfWord(word), word)];
    if (slot.hash == 0) return std::nullopt;
    return std::span(tokens_).subspan(slot.tokens, slot.tokenCount);
}

void WordCache::remember(std::string_view word, std::span<const WordToken> tokens) {
    if (used_ >= mostCachedWords || words_.size() >= mostCachedBytes) forget();
    const std::uint64_t hash = hashOfWord(word);
    Slot& slot = slots_[slotOf(hash, word)];
    slot = {hash, static_cast<std::uint32_t>(words_.size()),
            static_cast<std::uint32_t>(tokens_.size()), static_cast<std::uint16_t>(word.size()),
            static_cast<std::uint16_t>(tokens.size())};
    words_ += word;
    tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
    ++used_;
}

void WordCache::forget() {
    slots_.assign(cacheSlots, Slot{});
    used_ = 0;
    words_.clear();
    tokens_.clear();
}

std::unique_ptr<WordCache> WordCaches::borrow() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return std::make_unique<WordCache>();
    std::unique_ptr<WordCache> cache = std::move(idle_.back());
    idle_.pop_back();
    return cache;
}

void WordCaches::giveBack(std::unique_ptr<WordCache> cache) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < mostIdleCaches) idle_.push_back(std::move(cache));
}

}  // namespace ringscope
