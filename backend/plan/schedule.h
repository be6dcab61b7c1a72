// What every rank does to compute one attention layer, as data.
//
// The executor runs it, the planner adds up its bytes and FLOPs, the trace labels spans with it,
// the window draws it. Nobody knows a mode's communication in any other form.
//
//   ring, 3 ranks, rank 1, forward
//     step 0   keys of 1   post: send KV -> 2, receive KV <- 0       blocks: causal diagonal
//     step 1   keys of 0   post: send KV -> 2, receive KV <- 0       blocks: all x all
//     step 2   keys of 2                                             blocks: none (later tokens)
//
// Rows of a block count from the first row the rank holds of that tensor, not from the first token
// of the sequence, so an executor slices and never computes a mask.
#pragma once

#include "backend/plan/layout.h"
#include "backend/plan/mask.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace ringscope {

// What travels. Packed tensors travel as one message.
enum class Payload : std::uint8_t {
    KeyValue,       // K and V of one shard, packed
    KeyValueGrad,   // dK and dV of one shard, packed, summed on its way round
    QueryKeyValue,  // Q, K and V, heads split over ranks
    QueryKeyValueGrad,
    Output,
    OutputGrad,
};
std::string_view payloadName(Payload payload);

enum class TransferKind : std::uint8_t { Send, Receive, AllToAll, AllGather, ReduceScatter };
std::string_view transferName(TransferKind kind);

// When a transfer is posted. It has to be complete before the blocks of step `neededBy` run
// (one of KeyValueGrad, either way: before that step's gradients are added up, so that it overlaps
// with the blocks); a `neededBy` one past the last step means: before the pass returns.
enum class Moment : std::uint8_t { BeforeBlocks, AfterBlocks };

struct Transfer {
    TransferKind kind = TransferKind::Send;
    Payload payload = Payload::KeyValue;
    Moment posted = Moment::BeforeBlocks;
    int peer = -1;                   // the other rank of a Send or Receive; -1: the whole group
    int neededBy = 0;                // step index
    std::int64_t sentBytes = 0;      // what this rank hands to others
    std::int64_t receivedBytes = 0;  // what others hand to this rank
    bool operator==(const Transfer&) const = default;
};

// Local query rows x local key rows.
struct Block {
    TokenSpan queries{};
    TokenSpan keys{};
    MaskKind mask = MaskKind::Full;
    bool operator==(const Block&) const = default;
};

struct Step {
    int index = 0;
    int keysOf = -1;  // whose keys and values are held during this step; -1: everybody's
    std::vector<Transfer> transfers{};  // in posting order
    std::vector<Block> blocks{};
};

struct RankSchedule {
    std::vector<Step> forward{};
    std::vector<Step> backward{};
};

// Which executor understands a schedule. A new ring-like mode reuses one of these.
enum class Executor : std::uint8_t { Full, Ring, AllToAll, AllGather };
std::string_view executorName(Executor executor);

// What one attention layer works on, for the whole sequence.
struct AttentionShape {
    int ranks = 1;
    std::int64_t batch = 1;
    std::int64_t tokens = 0;  // of the whole sequence
    std::int64_t heads = 1;
    std::int64_t kvHeads = 1;
    std::int64_t headDim = 1;
    bool causal = true;
    int elementBytes = 4;              // of activations
    int gradientAccumulatorBytes = 4;  // of travelling dK, dV: never less than fp32
};

// One layer under one mode.
struct Schedule {
    Executor executor = Executor::Full;
    ShardLayout owned{};  // whose loss is computed where; each token once
    bool replicated =
        false;  // every rank holds all tokens' activations (legacy); else only its own
    std::vector<RankSchedule> ranks{};

    // Heads a rank computes and rows of queries and keys a block counts in: whole sequence after an
    // all-to-all and in legacy, the rank's own rows in a ring.
    std::int64_t headsPerRank = 1;
    std::int64_t kvHeadsPerRank = 1;
};

enum class Pass : std::uint8_t { Forward, Backward };

// Bytes rank `rank` hands to others in one layer, forward and backward.
std::int64_t sentBytes(const Schedule& schedule, int rank);

// Query-key pairs rank `rank` computes in the forward pass of one layer, per head.
std::int64_t attendedPairs(const Schedule& schedule, int rank);

// Pairs of one block under its mask.
std::int64_t attendedPairs(const Block& block);

}  // namespace ringscope
