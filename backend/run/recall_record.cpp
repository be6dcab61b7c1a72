#include "backend/run/recall_record.h"

namespace ringscope {

std::optional<double> accuracyOf(const RecallRange& range) {
    if (range.answers == 0) return std::nullopt;
    return static_cast<double>(range.right) / static_cast<double>(range.answers);
}

std::vector<std::int64_t> recallNumbers(const std::vector<RecallRange>& ranges) {
    std::vector<std::int64_t> numbers;
    for (const RecallRange& range : ranges)
        numbers.insert(numbers.end(), {range.upTo, range.answers, range.right});
    return numbers;
}

std::optional<std::vector<RecallRange>> recallFrom(std::span<const std::int64_t> numbers) {
    if (numbers.size() % 3 != 0) return std::nullopt;
    std::vector<RecallRange> ranges;
    for (std::size_t at = 0; at < numbers.size(); at += 3) {
        const RecallRange range{numbers[at], numbers[at + 1], numbers[at + 2]};
        const std::int64_t before = ranges.empty() ? 0 : ranges.back().upTo;
        if (range.upTo <= before || range.right < 0 || range.answers < range.right)
            return std::nullopt;
        ranges.push_back(range);
    }
    return ranges;
}

}  // namespace ringscope
