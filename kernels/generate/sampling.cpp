#include "kernels/generate/sampling.h"

#include "backend/core/mix.h"

#include <algorithm>
#include <cmath>
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

// Of all tokens, those that top_k leaves, the likeliest first; ties with the last one stay.
std::vector<Candidate> likeliest(const std::vector<float>& logits, std::int64_t most) {
    std::vector<std::int64_t> tokens(logits.size());
    for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<std::int64_t>(i);
    const auto logit = [&](std::int64_t token) { return logits[static_cast<std::size_t>(token)]; };
    const auto before = [&](std::int64_t a, std::int64_t b) {
        return logit(a) != logit(b) ? logit(a) > logit(b) : a < b;
    };
    if (most > 0 && most < std::ssize(tokens)) {
        const auto last = tokens.begin() + (most - 1);
        std::ranges::nth_element(tokens, last, before);
        const float least = logit(*last);
        std::erase_if(tokens, [&](std::int64_t token) { return logit(token) < least; });
    }
    std::ranges::sort(tokens, before);
    std::vector<Candidate> found;
    for (const std::int64_t token : tokens) found.push_back({token, logit(token)});
    return found;
}

void scaleToOne(std::vector<Candidate>& found) {
    double sum = 0;
    for (const Candidate& each : found) sum += each.probability;
    for (Candidate& each : found) each.probability /= sum;
}

// Logits of `found`, the largest first, become probabilities.
void softmax(std::vector<Candidate>& found, double temperature) {
    const double largest = found.front().probability;
    for (Candidate& each : found)
        each.probability = std::exp((each.probability - largest) / temperature);
    scaleToOne(found);
}

// The first one always stays.
void keepTopP(std::vector<Candidate>& found, double share) {
    if (share >= 1) return;
    double before = found.front().probability;
    std::size_t kept = 1;
    for (; kept < found.size() && before < share; ++kept) before += found[kept].probability;
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

}  // namespace

std::vector<Candidate> candidates(std::span<const float> logits, std::span<const std::int64_t> seen,
                                  const SamplingSettings& settings) {
    std::vector<float> changed(logits.begin(), logits.end());
    penalize(changed, seen, settings.repetitionPenalty);
    if (settings.temperature == 0)
        return {{std::ranges::max_element(changed) - changed.begin(), 1.0}};
    std::vector<Candidate> found = likeliest(changed, settings.topK);
    softmax(found, settings.temperature);
    keepTopP(found, settings.topP);
    keepMinP(found, settings.minP);
    return found;
}

std::int64_t candidateAt(const std::vector<Candidate>& from, double point) {
    double before = 0;
    for (const Candidate& each : from) {
        before += each.probability;
        if (point < before) return each.token;
    }
    return from.back().token;
}

std::int64_t nextToken(std::span<const float> logits, std::span<const std::int64_t> seen,
                       const SamplingSettings& settings, int number) {
    return candidateAt(candidates(logits, seen, settings),
                       pointOf(settings.seed, number, seen.size()));
}

}  // namespace ringscope
