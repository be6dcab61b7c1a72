#include "backend/text/pair_loss.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <vector>

namespace ringscope {
namespace {

class PairCounts {
public:
    void add(std::int64_t first, std::int64_t second) {
        ++pairs_[keyOf(first, second)];
        ++firsts_[first];
        ++seconds_[second];
        ++all_;
    }

    // What is known of a pair, whatever k is.
    struct Seen {
        double pair = 0;
        double first = 0;
        double alone = 0;  // p(b)

        double probability(double k) const { return (pair + k * alone) / (first + k); }
    };
    Seen seen(std::int64_t first, std::int64_t second) const {
        const auto kinds = static_cast<double>(seconds_.size());
        return {countIn(pairs_, keyOf(first, second)), countIn(firsts_, first),
                (countIn(seconds_, second) + 1) / (static_cast<double>(all_) + kinds)};
    }

private:
    using Counts = std::unordered_map<std::int64_t, std::int64_t>;

    // Tokens have 32 bits.
    static std::int64_t keyOf(std::int64_t first, std::int64_t second) {
        return first << 32 | second;
    }
    static double countIn(const Counts& counts, std::int64_t key) {
        const auto found = counts.find(key);
        return found == counts.end() ? 0 : static_cast<double>(found->second);
    }

    Counts pairs_{};
    Counts firsts_{};
    Counts seconds_{};
    std::int64_t all_ = 0;
};

}  // namespace

std::optional<double> pairLoss(const Sequences& sequences) {
    const std::int64_t kept = sequences.validationSequences();
    if (kept == 0 || sequences.trainedTokens() > mostPairTokens) return std::nullopt;
    const std::vector<TokenStretch> trained = sequences.trainedStretches();
    const TokenText& text = sequences.text();
    PairCounts counts;
    for (const TokenStretch& stretch : trained)
        for (std::int64_t at = stretch.begin; at + 1 < stretch.end; ++at)
            counts.add(text.at(at), text.at(at + 1));
    std::vector<PairCounts::Seen> wanted;
    for (std::int64_t number = 0; number < kept; ++number) {
        const TokenSequence row = sequences.validationAt(number);
        for (std::size_t i = 0; i < row.inputs.size(); ++i)
            if (row.labels[i] != ignoredLabel)
                wanted.push_back(counts.seen(row.inputs[i], row.labels[i]));
    }
    if (trained.empty() || wanted.empty()) return std::nullopt;
    double best = std::numeric_limits<double>::infinity();
    for (double k = 1.0 / 64; k <= 4096; k *= 2) {
        double sum = 0;
        for (const PairCounts::Seen& pair : wanted) sum -= std::log(pair.probability(k));
        best = std::min(best, sum / static_cast<double>(wanted.size()));
    }
    return best;
}

}  // namespace ringscope
