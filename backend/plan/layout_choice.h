// Which tokens a rank holds, where a configuration says it and not the mode (parallel.layout,
// parallel.token_order).
//
//   ring, 4 ranks, a sequence that is an image of 4 x 4
//     sequence   0 0 0 0          hilbert   0 0 1 1
//                1 1 1 1                    0 0 1 1
//                2 2 2 2                    3 3 2 2
//                3 3 3 3                    3 3 2 2
//
//   llama3, 2 ranks, documents of 4 and 12 tokens
//     zigzag     0 0 0 0  1 1 1 1 1 1 1 1 0 0 0 0
//     documents  0 1 1 0  0 0 0 1 1 1 1 1 1 0 0 0     the head and the tail of each
//
// Nothing else changes: a rank keeps its rows in the sequence's order, and masks, documents and
// rotary positions are those of the sequence. So a rank sees of other ranks' rows the first ones,
// as under every other layout, and all results are the same.
#pragma once

#include "backend/config/run_config.h"
#include "backend/plan/mode_table.h"

#include <optional>
#include <vector>

namespace ringscope {

struct LayoutChoice {
    ShardChoice layout = ShardChoice::Auto;
    TokenOrder order = TokenOrder::Sequence;
    std::vector<std::int64_t> image{};  // rows and columns; none: as square as can be
    std::int64_t tokens = 0;            // of a sequence, without padding
    // Where documents begin, and the end, where every sequence has the same; else not known.
    std::vector<std::int64_t> documents{};

    bool isModes() const { return layout == ShardChoice::Auto && order == TokenOrder::Sequence; }
};

LayoutChoice layoutChoiceOf(const RunConfig& config);

// Shares the head and the tail of each document out to every rank: of 2 P chunks of a document rank
// r gets chunk r from both ends. Tokens that do not divide go to one rank after the other, so that
// all ranks get as many tokens as they would of one document. `documents`: as AttentionMask has
// them, with as many tokens as `ranks` divide.
ShardLayout documentsLayout(const std::vector<std::int64_t>& documents, int ranks);

struct ChosenLayout {
    ShardLayout shards{};
    bool changes = false;  // from batch to batch: this one is that of a sequence of one document
};

// How many parts of equal length the sequence is cut into, for the mode and for the layout; and its
// tokens with padding.
std::int64_t sequenceParts(const Mode& mode, const AttentionShape& shape,
                           const LayoutChoice& choice);
std::int64_t paddedTokens(const Mode& mode, const AttentionShape& shape,
                          const LayoutChoice& choice);

// Nothing where the mode's own layout is meant, and where one rank has all tokens. Fails where the
// mode has no such layout, naming modes that do. shape.tokens are padded.
Result<std::optional<ChosenLayout>> chosenLayout(const Mode& mode, const AttentionShape& shape,
                                                 const LayoutChoice& choice);

// The mode's schedule over `layout`; nothing: over its own. `layout` is one that chosenLayout()
// gave for the same tokens and ranks. Over one that changes, keys go to all ranks, whatever the
// mask.
Result<Schedule> scheduleOver(const Mode& mode, const AttentionShape& shape,
                              const std::optional<ChosenLayout>& layout);

// `schedule`, which scheduleOver() made over a layout that changes, for a batch with `documents`
// and as many tokens, padding included.
Schedule scheduleOfDocuments(Schedule schedule, std::vector<std::int64_t> documents,
                             std::int64_t tokens);

// How many times a rank reads the keys of another place of a ring in one pass, over all ranks; 0
// where keys do not go from place to place.
std::int64_t shardsRead(const Schedule& schedule);

}  // namespace ringscope
