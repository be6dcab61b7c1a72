// What one step trains on, and the part of it a rank holds. Without libtorch.
//
// Where a sample starts depends only on the run's seed and the sample's place in the run. So every
// rank makes the same whole batch without communication and takes its own tokens.
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

inline constexpr std::int64_t ignoredLabel = -100;  // of a token that adds no loss

// Rows of `tokens` tokens, row after row.
struct TokenBatch {
    std::int64_t rows = 0;
    std::int64_t tokens = 0;
    std::vector<std::int64_t> inputs{};
    std::vector<std::int64_t> labels{};
    // Where documents begin in every row, then the end of the row; empty: each row is one document.
    std::vector<std::int64_t> documents{};
};

struct SamplePlace {
    std::int64_t seed = 0;
    std::int64_t step = 0;
    std::int64_t batch = 0;  // number in the step, over its micro-steps and all replicas
    std::int64_t row = 0;
};

// Where in a text of `textSize` tokens the sample starts: evenly spread, the same on every rank.
std::int64_t sampleStart(const SamplePlace& place, std::int64_t textSize);

// The step's batch of that number. Every token has a label; the last one's is the text's next
// token. With `packing` a document begins in all rows where a paragraph begins in one of them, and
// the last token of a document has no label, because the next token belongs to another document.
TokenBatch makeBatch(const TokenText& text, const TrainConfig& train, std::int64_t step,
                     std::int64_t number, bool packing = false);

std::int64_t labelledTokens(const std::vector<std::int64_t>& labels);

// What one rank computes on. Padding of the sequence is at the end of each row: it has id 0, no
// label and position 0.
struct TokenShard {
    std::int64_t rows = 0;
    std::int64_t tokens = 0;   // of each row, padding included
    std::int64_t padding = 0;  // of each row
    std::vector<std::int64_t> inputs{};
    std::vector<std::int64_t> labels{};
    std::vector<std::int64_t> positions{};  // of each token in its document; one row
};

// The rank's own tokens. Where the schedule replicates activations, all tokens, but labels only for
// the rank's own, so that in every mode the ranks' losses add up to the loss of the whole batch.
TokenShard takeShard(const TokenBatch& batch, const Schedule& schedule, int rank);

}  // namespace ringscope
