// What a validation of builtin:recall found: right answers, by how far back they were said.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ringscope {

struct RecallRange {
    std::int64_t upTo = 0;     // tokens back; from behind the range before
    std::int64_t answers = 0;  // that were asked for
    std::int64_t right = 0;    // for which no other token was likelier
    bool operator==(const RecallRange&) const = default;
};

// The share of right answers; nothing where none was asked for.
std::optional<double> accuracyOf(const RecallRange& range);

// The members of each range, one range after another; and back, nothing where these are none.
std::vector<std::int64_t> recallNumbers(const std::vector<RecallRange>& ranges);
std::optional<std::vector<RecallRange>> recallFrom(std::span<const std::int64_t> numbers);

}  // namespace ringscope
