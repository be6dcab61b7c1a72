// What every rank does to compute one attention layer, as data.
//
// The executor runs it, the planner adds up its bytes and FLOPs, the trace labels spans with it,
// the window draws it. A mode's communication has no other form.
//
//   ring, 3 ranks, rank 1, forward
//     step 0   keys of 1   post: send KV -> 2, receive KV <- 0       blocks: causal diagonal
//     step 1   keys of 0   post: send KV -> 2, receive KV <- 0       blocks: all x all
//     step 2   keys of 2                                             blocks: none (later tokens)
//
// A step names the ranks whose tokens are the rows of its queries, and of its keys: the tokens of
// these ranks together, in ascending order. The rows of a block count from the first of these rows,
// not from the first token of the sequence, so an executor slices and never computes a mask.
#pragma once

#include "backend/plan/key_rows.h"
#include "backend/plan/layout.h"
#include "backend/plan/mask.h"
#include "backend/plan/place_needs.h"
#include "backend/plan/rank_set.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

// What travels. Packed tensors travel as one message.
enum class Payload : std::uint8_t {
    KeyValue,       // K and V, packed
    KeyValueGrad,   // dK and dV, packed, summed over ranks on the way
    QueryKeyValue,  // Q, K and V, heads split over ranks
    QueryKeyValueGrad,
    Query,  // the same unpacked
    Key,
    Value,
    QueryGrad,
    KeyGrad,
    ValueGrad,
    Output,
    OutputGrad,
    BlockSums,  // of keys, for choices by content
    Gates,      // of queries, with them (native sparse attention)
    GatesGrad,
};
std::string_view payloadName(Payload payload);

enum class TransferKind : std::uint8_t { Send, Receive, AllToAll, AllGather, ReduceScatter };
std::string_view transferName(TransferKind kind);

// When a rank posts a transfer: before or after the blocks of the step that lists it.
//
// A transfer must be complete before the blocks of step `neededBy` run. Two kinds may overlap with
// these blocks, and must be complete before that step posts its own transfers of their payload
// after them:
//   * transfers of KeyValueGrad,
//   * all-to-alls posted after blocks, which return outputs, or gradients of Q, K and V.
// Where such a transfer is posted after the blocks of step `neededBy` itself, it must be complete
// before the next step begins. Where `neededBy` is the number of steps, a transfer must be complete
// before the pass returns. An executor may always complete a transfer earlier.
enum class PostTime : std::uint8_t { BeforeBlocks, AfterBlocks };

struct Transfer {
    TransferKind kind = TransferKind::Send;
    Payload payload = Payload::KeyValue;
    PostTime posted = PostTime::BeforeBlocks;
    int peer = -1;                   // the other rank of a Send or Receive; else -1
    RankSet among{};                 // the group it runs in; empty: all ranks of the sequence
    bool ofOwnKeys = false;          // it carries this rank's own keys, or their gradients, in a
                                     // step that holds other keys
    int neededBy = 0;                // index of a step of this pass, or their number: see PostTime
    std::int64_t sentBytes = 0;      // from this rank to others
    std::int64_t receivedBytes = 0;  // from others to this rank
    // Of a message of keys, or of their gradients: what travels of a rank's rows, one part behind
    // the other. None: all rows.
    std::vector<KeyRows> parts{};
    bool operator==(const Transfer&) const = default;
};

// Local query rows x local key rows.
struct Block {
    TokenSpan queries{};
    TokenSpan keys{};
    MaskKind mask = MaskKind::Full;

    // Of a pattern: every so many-th row, the first and the last included; for some of the step's
    // key/value heads, counted from its first (none: all); for one branch of the pattern.
    std::int64_t queryStep = 1;
    std::int64_t keyStep = 1;
    HeadSpan heads{};
    int branch = 0;
    bool chosen = false;  // by position; a query sees those of the keys' blocks that it chooses

    std::int64_t queryRows() const { return (queries.size() + queryStep - 1) / queryStep; }
    std::int64_t keyRows() const { return (keys.size() + keyStep - 1) / keyStep; }

    // Filled in by blocks.h, where the tokens of the rows matter.
    TokenRun queryTokens{};
    TokenRun keyTokens{};
    std::int64_t pairs = 0;  // of a block by position; see chosenPairs() for those chosen
    bool operator==(const Block&) const = default;
};

struct Step {
    int index = 0;
    RankSet queriesOf{};                // whose tokens the rows of queries are
    RankSet keysOf{};                   // whose tokens the rows of keys and values are
    HeadSpan heads{};                   // that the blocks are computed for
    int branch = -1;                    // of a pattern whose packed rows these are; else -1
    std::vector<Transfer> transfers{};  // in posting order
    std::vector<Block> blocks{};
};

// The rows of one branch of a pattern that a rank packs before they travel.
struct PackedRows {
    std::int64_t step = 1;              // every so many-th of the rank's rows
    std::vector<std::int64_t> first{};  // for each key/value head, the row it begins at
    bool operator==(const PackedRows&) const = default;
};

// What one rank does.
struct RankSchedule {
    std::vector<Step> forward{};
    std::vector<Step> backward{};
    // Branches of a pattern whose outputs the backward pass needs one by one; 0: it needs none.
    int branchesApart = 0;
    std::vector<PackedRows> packed{};  // for each branch, where steps are of packed rows
};

// Which executor understands a schedule. A new ring-like mode reuses one of these.
enum class Executor : std::uint8_t { Full, Ring, AllToAll, AllGather, KeyGather, PackedRing };
std::string_view executorName(Executor executor);

class AttentionPattern;

// What one attention layer works on, for the whole sequence.
struct AttentionShape {
    int ranks = 1;
    std::int64_t batch = 1;
    std::int64_t tokens = 0;  // of the whole sequence
    std::int64_t heads = 1;
    std::int64_t kvHeads = 1;
    std::int64_t headDim = 1;
    bool causal = true;
    std::shared_ptr<const AttentionPattern> pattern{};  // null: the mask alone says who sees whom

    // Columns of the latent that a token's keys and values may travel as; 0: as heads only.
    std::int64_t latentColumns = 0;
    // Of a query head, that go with its query where queries travel (native_sparse.h); 0: none.
    std::int64_t gateColumns = 0;

    // For modes with two levels. 0: the mode chooses.
    int ulysses = 0;           // ranks of a group that split heads
    bool ulyssesInner = true;  // the ranks of such a group are neighbours; false: those of a ring
    int innerRing = 0;         // ranks of an inner ring

    // false makes messages and their buffers smaller, and slower.
    bool packed = true;  // queries, keys and values are exchanged together; false: one by one
    bool ahead = true;   // what the next step needs travels while a step computes; false: after it

    int elementBytes = 4;              // of an activation
    int gradientAccumulatorBytes = 4;  // of dK and dV that travel: at least fp32's
};

// One layer under one mode. It does not hold the steps of its ranks, which are a million for a
// thousand ranks: stepsOf() makes those of one.
struct Schedule {
    Executor executor = Executor::Full;
    int ranks = 1;
    ShardLayout owned{};      // the rank that computes the loss of a token
    bool replicated = false;  // every rank holds all tokens' activations (legacy), not its own
    AttentionMask mask{};     // of blocks by position
    bool cut = false;         // blocks are cut to `mask` and `pattern`: masked()
    std::shared_ptr<const AttentionPattern> pattern{};
    bool latent = false;        // keys and values travel as latents, and become heads where used
    std::string arrangement{};  // in words, where a mode groups ranks: "inner rings of 4 ranks, …"

    // The places of a ring of keys; empty where keys do not go from place to place.
    std::vector<RankSet> places{};
    // Which places need whose keys. Null: keys go all the way round.
    std::shared_ptr<const PlaceNeeds> needs{};
    // Keys go straight from their owner to those who see them, under every mask, and under one that
    // blocks are cut to no rows but those that are seen.
    bool seenRows = false;
    // No rank sends more, or has more buffers, than one of these. Holds where `needs` is null.
    std::vector<int> busiest{0};

    // Where tokens choose blocks of keys: the most blocks that one place has tokens of, which is
    // how many sums each sends before the blocks of the first step; 0: none are sent.
    std::int64_t summedBlocks = 0;

    // Heads a rank holds while it attends: a share of them after an all-to-all.
    std::int64_t headsPerRank = 1;
    std::int64_t kvHeadsPerRank = 1;

    // Makes one rank's steps as the mode has them, before a mask cuts their blocks. `schedule` is
    // the schedule that they belong to.
    std::function<RankSchedule(const Schedule& schedule, int rank)> makeSteps{};
};

// The tokens whose activations rank `rank` holds, padding included.
std::vector<TokenSpan> heldTokens(const Schedule& schedule, int rank);

// What rank `rank` does, with blocks cut to the mask where there is one. Made anew by every call.
RankSchedule stepsOf(const Schedule& schedule, int rank);

// Ranks of which one sends the most, and one has the most buffers.
std::vector<int> ranksToMeasure(const Schedule& schedule);

enum class Pass : std::uint8_t { Forward, Backward };

// Bytes rank `rank` hands to others in one layer, forward and backward.
std::int64_t sentBytes(const Schedule& schedule, int rank);
std::int64_t sentBytes(const RankSchedule& steps);
std::int64_t sentBytes(const std::vector<Step>& pass);

// Query-key pairs rank `rank` computes in the forward pass of one layer, over all its heads.
std::int64_t attendedPairs(const Schedule& schedule, int rank);
std::int64_t attendedPairs(const Schedule& schedule, const RankSchedule& steps);

// Query heads that the blocks of `step` are computed for.
std::int64_t queryHeads(const Schedule& schedule, const Step& step);

// Of these, those that one of its blocks is computed for.
std::int64_t queryHeads(const Schedule& schedule, const Step& step, const Block& block);

// Pairs of one block under its mask, for one head.
std::int64_t attendedPairs(const Block& block);

}  // namespace ringscope
