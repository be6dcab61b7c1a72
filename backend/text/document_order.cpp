#include "backend/text/document_order.h"

#include "backend/core/mix.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ringscope {
namespace {

std::uint64_t mixedWord(std::initializer_list<std::int64_t> parts) {
    std::uint64_t word = 0x72696e6773636f70U;
    for (const std::int64_t part : parts)
        word = mixBits(word + static_cast<std::uint64_t>(part) + 0x9e3779b97f4a7c15U);
    return word;
}

// The largest room of the sequences below each node of a binary tree, so that the first one with
// enough is found without looking at each.
class Rooms {
public:
    Rooms(std::size_t most, std::int64_t room) {
        while (leaves_ < most) leaves_ *= 2;
        largest_.assign(2 * leaves_, room);
    }

    // The first sequence with so much room, which becomes smaller by it.
    std::size_t take(std::int64_t size) {
        std::size_t node = 1;
        while (node < leaves_) node = largest_[2 * node] >= size ? 2 * node : 2 * node + 1;
        const std::size_t sequence = node - leaves_;
        largest_[node] -= size;
        for (node /= 2; node > 0; node /= 2)
            largest_[node] = std::max(largest_[2 * node], largest_[2 * node + 1]);
        return sequence;
    }

private:
    std::size_t leaves_ = 1;
    std::vector<std::int64_t> largest_{};
};

}  // namespace

std::vector<std::int64_t> shuffledDocuments(std::vector<std::int64_t> documents, std::int64_t seed,
                                            std::int64_t epoch) {
    for (std::size_t last = documents.size(); last > 1; --last) {
        const std::uint64_t word = mixedWord({seed, epoch, static_cast<std::int64_t>(last)});
        std::swap(documents[last - 1], documents[word % last]);
    }
    return documents;
}

std::vector<std::int64_t> documentsKeptOut(std::int64_t count, double share) {
    const auto wanted =
        static_cast<std::size_t>(std::max(1.0, std::round(share * static_cast<double>(count))));
    std::vector<std::pair<std::uint64_t, std::int64_t>> drawn;
    constexpr std::int64_t validationWord = -1;
    for (std::int64_t document = 0; document < count; ++document)
        drawn.emplace_back(mixedWord({validationWord, document}), document);
    const auto end = drawn.begin() + static_cast<std::ptrdiff_t>(std::min(wanted, drawn.size()));
    std::ranges::nth_element(drawn, end == drawn.end() ? drawn.begin() : end);
    std::vector<std::int64_t> kept;
    for (auto one = drawn.begin(); one != end; ++one) kept.push_back(one->second);
    std::ranges::sort(kept);
    return kept;
}

std::vector<std::vector<std::int64_t>> firstFit(std::span<const std::int64_t> sizes,
                                                std::int64_t room) {
    Rooms rooms(sizes.size(), room);
    std::vector<std::vector<std::int64_t>> sequences;
    for (std::size_t document = 0; document < sizes.size(); ++document) {
        const std::size_t sequence = rooms.take(std::min(sizes[document], room));
        if (sequence == sequences.size()) sequences.emplace_back();
        sequences[sequence].push_back(static_cast<std::int64_t>(document));
    }
    return sequences;
}

}  // namespace ringscope
