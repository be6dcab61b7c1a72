// Heads split over ranks by an all-to-all: which numbers of ranks go, and what the exchange sends.
#pragma once

#include "backend/plan/schedule.h"

#include <string>
#include <vector>

namespace ringscope {

// Heads divide, and key/value heads divide into ranks or ranks into them: where there are fewer
// key/value heads than ranks, each is copied as often.
bool headsFit(const AttentionShape& shape, std::int64_t ranks);

// Key/value heads that `ranks` ranks hold together, with copies.
std::int64_t kvHeadsOver(const AttentionShape& shape, std::int64_t ranks);

// "ulysses needs heads divisible by ranks: 6 heads, 4 ranks; legal: 1, 2, 3, 6", for those numbers
// of `candidates` that are.
Error headsDoNotFit(const std::string& mode, const AttentionShape& shape, std::int64_t ranks,
                    const std::vector<std::int64_t>& candidates);

// Between `ranks` ranks, of this rank's own tokens, those heads that go with each rank's key/value
// heads `heads`: transfers like `like`, one, or where the shape is unpacked one for each tensor.
std::vector<Transfer> exchangeHeads(const AttentionShape& shape, std::int64_t ranks,
                                    const HeadSpan& heads, const Transfer& like);

// Only the first group is waited for with nothing to do; more groups mean more, smaller messages.
inline constexpr std::int64_t mostHeadGroups = 4;

// At most `groups` groups of about equally many heads.
std::vector<HeadSpan> headGroups(std::int64_t kvHeads, std::int64_t groups);

}  // namespace ringscope
