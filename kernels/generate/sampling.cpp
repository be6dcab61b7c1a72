#include "kernels/generate/sampling.h"

#include "backend/core/mix.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace ringscope {
namespace {

// A token seen twice is not punished twice.
void penalize(std::vector<float>& logits, std::span<const std::int64_t> seen, double penalty) {
    if (penalty == 1) return;
    for (const std::int64_t token : std::set<std::int64_t>(seen.begin(), seen.end())) {
        if (token < 0 || token >= std::ssize(logits)) continue;
        float& logit = logits[static_cast<std::size_t>(token)];
        const double changed = logit < 0 ? logit * penalty : logit / penalty;
        logit = static_cast<float>(changed);
    }
}

// Tokens of the prompt do not count.
void penalizeMade(std::vector<float>& logits, std::span<const std::int64_t> made,
                  const SamplingSettings& settings) {
    if (settings.presencePenalty == 0 && settings.frequencyPenalty == 0) return;
    std::map<std::int64_t, int> times;
    for (const std::int64_t token : made) ++times[token];
    for (const auto& [token, count] : times)
        if (token >= 0 && token < std::ssize(logits))
            logits[static_cast<std::size_t>(token)] -=
                static_cast<float>(settings.presencePenalty + settings.frequencyPenalty * count);
}

// The likelier first; of equal ones the smaller token.
bool isBefore(const Candidate& a, const Candidate& b) {
    return a.probability != b.probability ? a.probability > b.probability : a.token < b.token;
}

// Of all tokens, those that top_k leaves, with their logits, in no order; ties with the last one
// stay.
std::vector<Candidate> withTopK(const std::vector<float>& logits, std::int64_t most) {
    std::vector<Candidate> found(logits.size());
    for (std::size_t i = 0; i < found.size(); ++i)
        found[i] = {static_cast<std::int64_t>(i), logits[i]};
    if (most <= 0 || most >= std::ssize(found)) return found;
    const auto last = found.begin() + (most - 1);
    std::ranges::nth_element(found, last, isBefore);
    const double least = last->probability;
    std::erase_if(found, [&](const Candidate& each) { return each.probability < least; });
    return found;
}

void scaleToOne(std::vector<Candidate>& found) {
    double sum = 0;
    for (const Candidate& each : found) sum += each.probability;
    for (Candidate& each : found) each.probability /= sum;
}

// Logits become probabilities.
void softmax(std::vector<Candidate>& found, double temperature) {
    double largest = found.front().probability;
    for (const Candidate& each : found) largest = std::max(largest, each.probability);
    for (Candidate& each : found)
        each.probability = std::exp((each.probability - largest) / temperature);
    scaleToOne(found);
}

// The likeliest first, as far as top_p goes; the first one always stays. Of a large vocabulary
// mostly few tokens are left, so no more are sorted than are needed.
void sortTopP(std::vector<Candidate>& found, double share) {
    if (share >= 1) {
        std::ranges::sort(found, isBefore);
        return;
    }
    std::size_t sorted = std::min<std::size_t>(64, found.size());
    std::ranges::partial_sort(found, found.begin() + static_cast<std::ptrdiff_t>(sorted), isBefore);
    double before = found.front().probability;
    std::size_t kept = 1;
    for (; kept < found.size() && before < share; ++kept) {
        if (kept == sorted) {
            sorted = std::min(8 * sorted, found.size());
            std::partial_sort(found.begin() + static_cast<std::ptrdiff_t>(kept),
                              found.begin() + static_cast<std::ptrdiff_t>(sorted), found.end(),
                              isBefore);
        }
        before += found[kept].probability;
    }
    found.resize(kept);
    scaleToOne(found);
}

void keepMinP(std::vector<Candidate>& found, double share) {
    const double least = share * found.front().probability;
    std::erase_if(found, [&](const Candidate& each) { return each.probability < least; });
    scaleToOne(found);
}

// From 0 to below 1; other bits for each token of each text.
double pointOf(std::int64_t seed, int number, std::size_t place) {
    std::uint64_t bits = mixBits(static_cast<std::uint64_t>(seed) + 1);
    bits = mixBits(bits + static_cast<std::uint64_t>(number) + 1);
    bits = mixBits(bits + place + 1);
    return static_cast<double>(bits >> 11) * 0x1p-53;
}

// `sorted`: the likeliest first.
std::vector<Candidate> whatIsLeft(std::span<const float> logits, const SeenTokens& seen,
                                  const SamplingSettings& settings, bool sorted) {
    std::vector<float> changed(logits.begin(), logits.end());
    penalize(changed, seen.all, settings.repetitionPenalty);
    penalizeMade(changed, seen.all.subspan(std::min(seen.prompt, seen.all.size())), settings);
    if (settings.temperature == 0)
        return {{std::ranges::max_element(changed) - changed.begin(), 1.0}};
    std::vector<Candidate> found = withTopK(changed, settings.topK);
    softmax(found, settings.temperature);
    if (!sorted) return found;
    sortTopP(found, settings.topP);
    keepMinP(found, settings.minP);
    return found;
}

}  // namespace

std::vector<Candidate> candidates(std::span<const float> logits, const SeenTokens& seen,
                                  const SamplingSettings& settings) {
    return whatIsLeft(logits, seen, settings, /*sorted=*/true);
}

std::int64_t candidateAt(const std::vector<Candidate>& from, double point) {
    double before = 0;
    for (const Candidate& each : from) {
        before += each.probability;
        if (point < before) return each.token;
    }
    return from.back().token;
}

std::int64_t nextToken(std::span<const float> logits, const SeenTokens& seen,
                       const SamplingSettings& settings, int number) {
    // Where nothing is left out, the order says nothing.
    const bool sorted = settings.topP < 1 || settings.minP > 0;
    return candidateAt(whatIsLeft(logits, seen, settings, sorted),
                       pointOf(settings.seed, number, seen.all.size()));
}

}  // namespace ringscope
