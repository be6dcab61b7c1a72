// What one step trains on, and the part of it a rank holds. Without libtorch.
//
// Which tokens a sequence has depends only on the data, the run's seed and the sequence's place in
// the run (backend/text/sequences.h). So every rank makes the same whole batch without
// communication and takes its own tokens.
// Labels are shifted on the whole sequence, before it is split:
//
//   text            t h e   m i l l
//   inputs          t h e   m i l          2 ranks    rank 0  "the "  labels "he m"
//   labels          h e   m i l l                     rank 1  "mil"   labels "ill"
#pragma once

#include "backend/config/run_config.h"
#include "backend/plan/schedule.h"
#include "backend/text/sequences.h"

#include <cstdint>
#include <vector>

namespace ringscope {

// Rows of `tokens` tokens, row after row.
struct TokenBatch {
    std::int64_t rows = 0;
    std::int64_t tokens = 0;
    std::vector<std::int64_t> inputs{};
    std::vector<std::int64_t> labels{};
    // Where documents begin in every row, then the end of the row; empty: each row is one document.
    std::vector<std::int64_t> documents{};
    std::int64_t padding = 0;  // tokens of all rows that are none of the data's; without labels
};

// The step's batch of that number (batchRows()).
TokenBatch makeBatch(const Sequences& sequences, const TrainConfig& train, std::int64_t step,
                     std::int64_t number);

// The batch of a validation of that number (validationRows()).
TokenBatch validationBatch(const Sequences& sequences, const TrainConfig& train,
                           std::int64_t number);

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
