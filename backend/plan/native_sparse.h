// Which keys a query of native sparse attention sees (model.attention nsa): three branches, each
// with its own softmax, whose outputs are added up, each times a gate of the query and its head.
//
//   blocks of 4 compressed every 2 tokens; selected blocks of 4, 3 of them, 2 local; window 3
//     token 13   compressed  blocks [0,4) [2,6) [4,8) [6,10) [8,12) [10,14): those that have ended
//                selected    [0,4) [8,12) [12,16): the first, the local ones; none is left over
//                window      11 12 13
//
//   compressed  key and value of a block of `block` tokens, one every `stride`; those of blocks
//               whose last token is the query's own or an earlier one
//   selected    blocks of `selectBlock` tokens, token by token: the first, the `local` latest, and
//               of the others before them the best, `selected` in all
//   window      the `window` latest tokens
//
// A block's score is what the compressed branch's weights give to its tokens: for each stretch of
// `stride` tokens in it the weights of the compressed blocks that have the stretch, added up over
// the query heads that share a key head. So these heads select the same. Of equal scores the first
// block is taken; nobody learns from the choice itself. The selected branch is a block-sparse
// pattern (patterns/block_sparse.cpp) with another score, so blocks of schedules are its blocks.
#pragma once

#include "backend/model/pattern_config.h"
#include "backend/plan/run_plan.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace ringscope {

// The order of gates of a query head.
enum class SparseBranch : std::uint8_t { Compressed, Selected, Window };
inline constexpr std::array allSparseBranches = {SparseBranch::Compressed, SparseBranch::Selected,
                                                 SparseBranch::Window};
inline constexpr auto sparseBranches = static_cast<std::int64_t>(allSparseBranches.size());

// The selected branch, with the choices it leaves to the score.
PatternConfig selectionPattern(const NsaConfig& sizes);

// Blocks that are compressed of so many tokens.
std::int64_t compressedBlocks(const NsaConfig& sizes, std::int64_t tokens);

// Compressed blocks as keys: the last token of each.
TokenRun compressedTokens(const NsaConfig& sizes);

// A branch of a step that has all keys: the blocks of its queries' rows against all keys, or
// against compressed ones. Of the selected branch they are those of the step itself. `mask`: the
// model's.
Step stepOfBranch(SparseBranch branch, const NsaConfig& sizes, const Step& step,
                  const ShardLayout& owned, const AttentionMask& mask);
AttentionMask maskOfBranch(SparseBranch branch, const NsaConfig& sizes, AttentionMask mask);

// Pairs that the first `tokens` tokens see.
std::int64_t compressedPairs(const NsaConfig& sizes, std::int64_t tokens);
std::int64_t windowPairs(const NsaConfig& sizes, std::int64_t tokens);

// What a rank sees of compressed blocks and in the window, in one layer and row of the batch, over
// its heads: beside the selected branch, whose pairs are those of the schedule's blocks.
std::int64_t pairsBesideSelected(const RunPlan& plan, const Schedule& schedule, int rank);

// FLOPs of making the compressed keys and values of one batch once, in all layers.
double compressionFlops(const RunPlan& plan);

// What the schedule cannot do for it, as a sentence; empty: it can.
std::string sparseRefusal(const Schedule& schedule, std::string_view mode);

}  // namespace ringscope
