// What one step trains on, and the part of it a rank holds. Without libtorch.
//
// Where a sample starts follows from the run's seed and the sample's place in the run alone, so
// every rank makes the same whole batch without a word to the others and takes its own tokens.
// Labels are shifted on the whole sequence, before it is split:
//
//   text            t h e   m i l l
//   inputs          t h e   m i l          2 ranks    rank 0  "the "  labels "he m"
//   labels          h e   m i l l                     rank 1  "mil"   labels "ill"
#pragma once

#include "backend/config/run_config.h"
#include "backend/plan/schedule.h"
#include "kernels/data/token_text.h"

#include <cstdint>
#include <vector>

namespace ringscope {

inline constexpr std::int64_t ignoredLabel = -100;  // a token without one: no loss, no gradient

// Rows of `tokens` tokens, row after row.
struct TokenBatch {
    std::int64_t rows = 0;
    std::int64_t tokens = 0;
    std::vector<std::int64_t> inputs{};
    std::vector<std::int64_t> labels{};
    // Where documents begin in every row, and the end; empty: each row is one.
    std::vector<std::int64_t> documents{};
};

struct SamplePlace {
    std::int64_t seed = 0;
    std::int64_t step = 0;
    std::int64_t batch = 0;  // of the step's, over its micro-steps and all replicas
    std::int64_t row = 0;
};

// Where in a text of `textSize` tokens the sample starts: evenly spread, the same everywhere.
std::int64_t sampleStart(const SamplePlace& place, std::int64_t textSize);

// The step's batch of that number. Every token has a label; the last one's is the text's next
// token. With `packing` a document begins in all rows where a paragraph begins in one of them, and
// its last token has no label: the next document is none of its business.
TokenBatch makeBatch(const TokenText& text, const TrainConfig& train, std::int64_t step,
                     std::int64_t number, bool packing = false);

std::int64_t labelledTokens(const std::vector<std::int64_t>& labels);

// What one rank computes on.
struct TokenShard {
    std::int64_t rows = 0;
    std::int64_t tokens = 0;  // of each row
    std::vector<std::int64_t> inputs{};
    std::vector<std::int64_t> labels{};
    std::vector<std::int64_t> positions{};  // of each token in its document; one row
};

// The rank's own tokens. Where the schedule replicates activations: all tokens, with labels only
// for the rank's own, so that the ranks' losses add up to the whole batch's in every mode.
TokenShard takeShard(const TokenBatch& batch, const Schedule& schedule, int rank);

}  // namespace ringscope
