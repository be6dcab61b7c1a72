// What rank 0 tells the other ranks of a shared batch before each step, as numbers: the room of
// texts that begin, then the tokens of the step. Without libtorch.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace ringscope {

// The next tokens of a text.
struct TextPart {
    int text = 0;
    std::vector<std::int64_t> tokens{};
    std::int64_t first = 0;    // the position of the first one
    std::int64_t length = 0;   // of the text, for angles that depend on it
    bool wantsLogits = false;  // of the token behind them; rank 0 alone, so it is not told
    bool operator==(const TextPart&) const = default;
};

// The pages of a text, the same on all ranks, a list for each kind of layers.
struct TextRoom {
    int text = 0;  // what it had before is forgotten
    std::vector<std::vector<std::int64_t>> pages{};
    bool operator==(const TextRoom&) const = default;
};

struct BatchRound {
    std::vector<TextRoom> begun{};
    std::vector<TextPart> parts{};  // none: nothing is computed
    bool isLast = false;
    bool operator==(const BatchRound&) const = default;
};

std::vector<std::int64_t> numbersOf(const BatchRound& round);
// Nothing where the numbers are those of no round.
std::optional<BatchRound> roundOf(const std::vector<std::int64_t>& numbers);

}  // namespace ringscope
