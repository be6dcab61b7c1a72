// Picks the next token from its logits. Without libtorch.
//
// Settings act in the order of transformers: penalties, temperature, top_k, top_p, min_p, each on
// what the one before left.
#pragma once

#include "backend/generate/generation_request.h"

#include <cstdint>
#include <span>
#include <vector>

namespace ringscope {

struct Candidate {
    std::int64_t token = 0;
    double probability = 0;
};

// The text so far, for the penalties.
struct SeenTokens {
    std::span<const std::int64_t> all{};  // the prompt, too
    std::size_t prompt = 0;               // so many of them; the others were made
};

// The tokens that may come next, the likeliest first; their probabilities add up to 1. Of equal
// logits, the smaller token is first.
std::vector<Candidate> candidates(std::span<const float> logits, const SeenTokens& seen,
                                  const SamplingSettings& settings);

// The candidate at `point`, from 0 to below 1, of their probabilities side by side.
std::int64_t candidateAt(const std::vector<Candidate>& from, double point);

// The next token of text `number`. The same settings, text and logits give the same token.
std::int64_t nextToken(std::span<const float> logits, const SeenTokens& seen,
                       const SamplingSettings& settings, int number);

}  // namespace ringscope
