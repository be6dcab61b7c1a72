#include "backend/text/recall.h"

#include "backend/core/mix.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace ringscope {
namespace {

constexpr std::int64_t keyCount = 16, valueCount = 8;
constexpr std::int64_t firstSaying = 128, firstKey = 'A', firstValue = '0', filler = '.';
constexpr std::int64_t tokensPerKey = 6;

std::int64_t sayingOf(std::int64_t key, std::int64_t value) {
    return firstSaying + valueCount * key + value;
}

// Numbers, one after another.
class RecallDraws {
public:
    RecallDraws(std::int64_t seed, std::int64_t number)
        : word_(mixBits(mixBits(static_cast<std::uint64_t>(seed)) +
                        static_cast<std::uint64_t>(number))) {}

    std::int64_t below(std::int64_t count) {
        word_ += 0x9e3779b97f4a7c15U;
        return static_cast<std::int64_t>(mixBits(word_) % static_cast<std::uint64_t>(count));
    }
    std::int64_t within(std::int64_t least, std::int64_t most) {
        return least + below(most - least + 1);
    }

private:
    std::uint64_t word_;
};

// A sequence that is being filled.
class RecallFilling {
public:
    explicit RecallFilling(std::int64_t tokens) {
        made_.tokens.assign(static_cast<std::size_t>(tokens), filler);
        made_.answers.assign(static_cast<std::size_t>(tokens), false);
    }

    // Whether there is room for a saying, and for the key and its value so far behind it.
    bool add(std::int64_t saying, std::int64_t distance, std::int64_t key, std::int64_t value) {
        const std::int64_t asked = saying + distance;
        if (!isFree(saying) || !isFree(asked) || !isFree(asked + 1)) return false;
        at(saying) = sayingOf(key, value);
        at(asked) = firstKey + key;
        at(asked + 1) = firstValue + value;
        made_.answers[static_cast<std::size_t>(asked + 1)] = true;
        return true;
    }
    RecallSequence take() { return std::move(made_); }

private:
    std::int64_t& at(std::int64_t token) { return made_.tokens[static_cast<std::size_t>(token)]; }
    bool isFree(std::int64_t token) { return at(token) == filler; }

    RecallSequence made_;
};

}  // namespace

std::int64_t recallSequences(std::int64_t tokens) {
    constexpr std::int64_t least = 64;
    constexpr std::int64_t allTokens = 1 << 23;
    return std::max(least, allTokens / tokens);
}

std::vector<std::int64_t> recallRanges(std::int64_t tokens) {
    std::vector<std::int64_t> ends;
    for (std::int64_t end = 16; end < tokens; end *= 2) ends.push_back(end);
    ends.push_back(tokens);
    return ends;
}

std::int64_t recalledDistance(std::span<const std::int64_t> tokens, std::int64_t key) {
    const std::int64_t first = sayingOf(tokens[static_cast<std::size_t>(key)] - firstKey, 0);
    for (std::int64_t at = key - 1; at >= 0; --at) {
        const std::int64_t value = tokens[static_cast<std::size_t>(at)] - first;
        if (value >= 0 && value < valueCount) return key - at;
    }
    return 0;
}

RecallSequence recallSequence(std::int64_t seed, std::int64_t number, std::int64_t tokens) {
    RecallDraws draws(seed, number);
    std::array<std::int64_t, keyCount> keys{};
    std::iota(keys.begin(), keys.end(), 0);
    for (std::size_t last = keys.size(); last > 1; --last)
        std::swap(keys[last - 1],
                  keys[static_cast<std::size_t>(draws.below(static_cast<std::int64_t>(last)))]);
    const std::vector<std::int64_t> ends = recallRanges(tokens);
    const std::int64_t asked = std::min(keyCount, tokens / tokensPerKey);
    RecallFilling filling(tokens);
    // Each sequence begins with another range, so that all of them get as many keys.
    for (std::int64_t pair = 0; pair < asked; ++pair) {
        const auto range = static_cast<std::size_t>((pair + number) % std::ssize(ends));
        const std::int64_t most = std::min(ends[range], tokens - 2);
        const std::int64_t least = range == 0 ? 1 : std::min(ends[range - 1] + 1, most);
        const std::int64_t value = draws.below(valueCount);
        bool added = false;  // where there is no room after many tries, the key is left out
        for (int tries = 0; !added && tries < 64; ++tries) {
            const std::int64_t distance = draws.within(least, most);
            added = filling.add(draws.within(0, tokens - 2 - distance), distance,
                                keys[static_cast<std::size_t>(pair)], value);
        }
    }
    return filling.take();
}

}  // namespace ringscope
