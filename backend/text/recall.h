// builtin:recall: sequences that ask for what was said far before. A token says that a key has a
// value; later the key stands alone, and the token behind it is its value: an answer, which a model
// can only know by looking back.
//
//     ....(K=7)......(A=3)....K7.............A3...    labels: 7 behind K, 3 behind A
//         |<---- distance --->|
//
// A byte of 128 + 8 * key + value says it, a letter from A to P is the key, a digit from 0 to 7 its
// value, and between them are dots. A key is asked for once. Distances are spread evenly over
// ranges that double. A sequence depends on the seed, its number and its length alone.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ringscope {

struct RecallSequence {
    std::vector<std::int64_t> tokens{};  // bytes
    std::vector<bool> answers{};         // of each token whether it is one
};

// `tokens` must be at least leastRecallTokens (config/data_source.h).
RecallSequence recallSequence(std::int64_t seed, std::int64_t number, std::int64_t tokens);

// How many sequences there are: the same for every seed.
std::int64_t recallSequences(std::int64_t tokens);

// The ends of the ranges of distances: 16, 32, … and the length; a range begins behind the one
// before it.
std::vector<std::int64_t> recallRanges(std::int64_t tokens);

// How far before `key`, a place in the sequence, its value was said; 0: nowhere.
std::int64_t recalledDistance(std::span<const std::int64_t> tokens, std::int64_t key);

}  // namespace ringscope
