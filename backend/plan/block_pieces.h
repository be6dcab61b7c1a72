// Cuts a block by position into pieces that kernels without a mask compute, and what remains.
//
//   documents of 3, 1 and 4 tokens         a window of 6, four rows on its way
//     c                                      r r r f c
//     c c                                      r r f c c
//     c c c                                      r f c c c
//           r                                      f c c c c
//             c
//             c c            c: a causal piece     f: a full piece
//             c c c          r: what remains, in each row one stretch of keys
//             c c c c
//
// A piece costs a launch and a merge of its rows, and saves the kernel for blocks by position its
// pairs. It is cut where it saves more than it costs, so short documents and the left edge of a
// window remain.
#pragma once

#include "backend/plan/mask.h"

#include <vector>

namespace ringscope {

// Rows of the block's queries and keys. MaskKind::Causal: as many of the one as of the other.
struct BlockPiece {
    TokenSpan queries{};
    TokenSpan keys{};
    MaskKind mask = MaskKind::Full;
    bool operator==(const BlockPiece&) const = default;
};

// Times, in pairs that the kernel for blocks by position computes in the same time.
struct PieceCosts {
    double launch = 0;  // of a piece and of the merge behind it
    double row = 0;     // to merge one row
    double pair = 0;    // in a piece: below 1
    bool operator==(const PieceCosts&) const = default;
};

struct BlockPieces {
    std::vector<BlockPiece> pieces{};  // share no pair
    std::vector<TokenSpan> rest{};     // for each row its keys in no piece; empty: there are none
};

// seen: the keys of each row, as visibleRows() returns them.
BlockPieces cutBlock(const std::vector<TokenSpan>& seen, const PieceCosts& costs);

}  // namespace ringscope
