// What a token sees of a cache under a pattern (attention.pattern.*), as pieces for
// rowAttention(). Keys lie in runs of evenly spaced tokens; a pattern cuts them as it cuts the rows
// that a rank trains on (backend/plan/patterns/pattern.h).
#pragma once

#include "backend/plan/patterns/pattern.h"
#include "kernels/block/cpu/row_attention.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace ringscope {

// Numbers of the key/value heads of the model; none without a pattern.
std::vector<std::int64_t> keyHeadsOf(const AttentionPattern* pattern);

// Appends what `token` sees of `keys`, whose rows are slots, but for blocks that it chooses. Keys
// behind the token must not be among them. Without a pattern (null) it sees all.
void appendSeen(const AttentionPattern* pattern, std::int64_t token, const RowRun& keys,
                std::vector<KeyPiece>& pieces);

// Calls `see` with the tokens of each block that a head of queries chose, and the head.
// `chosen`: (heads, blocks), int32, as KeyChoice::chosen() has it of one token.
void forChosenBlocks(
    const AttentionPattern& pattern, const at::Tensor& chosen,
    const std::function<void(const TokenSpan& tokens, const TokenSpan& head)>& see);

}  // namespace ringscope
