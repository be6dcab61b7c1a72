// The order of documents in an epoch, and how they are put together.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ringscope {

// `documents` in the order of one epoch: every order is as likely as any other.
std::vector<std::int64_t> shuffledDocuments(std::vector<std::int64_t> documents, std::int64_t seed,
                                            std::int64_t epoch);

// Those of `count` documents that are kept out of training, ascending: about `share` of them, at
// least one, and whatever the seed the same ones.
std::vector<std::int64_t> documentsKeptOut(std::int64_t count, double share);

// Puts documents into sequences of `room` tokens, each into the first that it fits into. Longer
// ones count as `room` tokens. Returns the documents (numbers in `sizes`) of each sequence.
std::vector<std::vector<std::int64_t>> firstFit(std::span<const std::int64_t> sizes,
                                                std::int64_t room);

}  // namespace ringscope
