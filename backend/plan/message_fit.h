// Makes a layer's messages small enough for the memory their buffers may take. Tried in this order,
// each on top of the last:
//
//   smaller chunks    the layer's heads go in turns, one after the other: twice, three times, …
//   unpacked          queries, keys and values are exchanged one by one
//   synchronous       nothing travels while blocks compute
//
// The same bytes are sent, and the results are the same.
#pragma once

#include "backend/core/result.h"
#include "backend/core/units.h"
#include "backend/plan/layout_choice.h"

#include <cstdint>
#include <optional>
#include <string>

namespace ringscope {

struct MessageFit {
    std::int64_t turns = 1;
    bool packed = true;
    bool ahead = true;
    Schedule schedule{};           // of one turn
    std::int64_t bufferBytes = 0;  // on the rank that needs the most

    std::int64_t sentBytes = 0;  // by the busiest rank in one layer, all turns

    bool plain() const { return turns == 1 && packed && ahead; }
    std::string text() const;  // "heads in 4 turns, unpacked, synchronous"
};

// `mask`: what blocks are cut to, with the shape's pattern; nothing: they are not cut. `layout`: as
// scheduleOver() takes it. Fails where the mode does, and where no way meets the limit.
Result<MessageFit> fitMessages(const Mode& mode, const AttentionShape& shape,
                               const std::optional<AttentionMask>& mask, Bytes limit,
                               const std::optional<ChosenLayout>& layout = std::nullopt);

}  // namespace ringscope
