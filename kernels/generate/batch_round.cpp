#include "kernels/generate/batch_round.h"

#include <span>
#include <utility>

namespace ringscope {
namespace {

void append(std::vector<std::int64_t>& numbers, const std::vector<std::int64_t>& list) {
    numbers.push_back(static_cast<std::int64_t>(list.size()));
    numbers.insert(numbers.end(), list.begin(), list.end());
}

// Takes numbers from the front; 0 and empty lists once there are too few.
class NumberReader {
public:
    explicit NumberReader(std::span<const std::int64_t> numbers) : left_(numbers) {}

    std::int64_t one() {
        if (left_.empty()) failed_ = true;
        if (failed_) return 0;
        const std::int64_t number = left_.front();
        left_ = left_.subspan(1);
        return number;
    }
    std::vector<std::int64_t> list() {
        const std::int64_t size = one();
        if (size < 0 || size > static_cast<std::int64_t>(left_.size())) failed_ = true;
        if (failed_) return {};
        const auto own = left_.first(static_cast<std::size_t>(size));
        left_ = left_.subspan(own.size());
        return {own.begin(), own.end()};
    }
    bool failed() const { return failed_; }
    bool done() const { return left_.empty(); }

private:
    std::span<const std::int64_t> left_;
    bool failed_ = false;
};

}  // namespace

std::vector<std::int64_t> numbersOf(const BatchRound& round) {
    std::vector<std::int64_t> numbers = {round.isLast ? 1 : 0};
    numbers.push_back(std::ssize(round.begun));
    for (const TextRoom& room : round.begun) {
        numbers.insert(numbers.end(), {room.text, std::ssize(room.pages)});
        for (const std::vector<std::int64_t>& pages : room.pages) append(numbers, pages);
    }
    for (const TextPart& part : round.parts) {
        numbers.insert(numbers.end(), {part.text, part.first, part.length});
        append(numbers, part.tokens);
    }
    return numbers;
}

std::optional<BatchRound> roundOf(const std::vector<std::int64_t>& numbers) {
    NumberReader reader(numbers);
    BatchRound round{.isLast = reader.one() == 1};
    for (std::int64_t rooms = reader.one(); rooms > 0 && !reader.failed(); --rooms) {
        TextRoom& room = round.begun.emplace_back();
        room.text = static_cast<int>(reader.one());
        for (std::int64_t lists = reader.one(); lists > 0 && !reader.failed(); --lists)
            room.pages.push_back(reader.list());
    }
    while (!reader.done() && !reader.failed()) {
        TextPart part{.text = static_cast<int>(reader.one())};
        part.first = reader.one();
        part.length = reader.one();
        part.tokens = reader.list();
        round.parts.push_back(std::move(part));
    }
    if (reader.failed()) return std::nullopt;
    return round;
}

}  // namespace ringscope
