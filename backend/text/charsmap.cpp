#include "backend/text/charsmap.h"

#include <algorithm>

namespace ringscope {
namespace {

// A unit of the trie: the label of the byte that leads to it, whether a leaf hangs below it, and
// how far away its children are.
std::uint32_t labelOf(std::uint32_t unit) { return unit & (1U << 31U | 0xffU); }
bool hasLeaf(std::uint32_t unit) { return (unit >> 8U & 1U) != 0; }
std::uint32_t valueOf(std::uint32_t unit) { return unit & ((1U << 31U) - 1U); }
std::uint32_t offsetOf(std::uint32_t unit) { return unit >> 10U << ((unit & (1U << 9U)) >> 6U); }

std::uint32_t littleEndian(std::string_view bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- > 0;)
        value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
    return value;
}

}  // namespace

Result<Charsmap> Charsmap::read(std::string_view bytes) {
    Charsmap map;
    if (bytes.empty()) return map;
    const std::size_t trieBytes = bytes.size() < 4 ? 0 : littleEndian(bytes, 0);
    if (bytes.size() < 4 || trieBytes % 4 != 0 || trieBytes > bytes.size() - 4)
        return Error{ErrorCode::InvalidConfig,
                     "the table of replacements (precompiled_charsmap) is damaged: its trie is "
                     "longer than it; get the file again"};
    map.units_.reserve(trieBytes / 4);
    for (std::size_t at = 4; at < 4 + trieBytes; at += 4)
        map.units_.push_back(littleEndian(bytes, at));
    map.texts_ = bytes.substr(4 + trieBytes);
    map.texts_ += '\0';
    return map;
}

// `visit(bytes, replacement)` for every beginning that has one, the shortest first; false ends.
template <typename Visit>
void Charsmap::walk(std::string_view text, Visit visit) const {
    if (units_.empty()) return;
    std::size_t node = offsetOf(units_.front());
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto label = static_cast<unsigned char>(text[at]);
        if (label == 0) return;
        node ^= label;
        if (node >= units_.size() || labelOf(units_[node]) != label) return;
        const std::uint32_t unit = units_[node];
        node ^= offsetOf(unit);
        if (!hasLeaf(unit)) continue;
        if (node >= units_.size()) return;
        const std::size_t begin = valueOf(units_[node]);
        if (begin >= texts_.size()) return;
        const std::string_view replacement(texts_.c_str() + begin);
        if (!visit(at + 1, replacement)) return;
    }
}

std::optional<Charsmap::Match> Charsmap::shortest(std::string_view text) const {
    std::optional<Match> match;
    walk(text, [&match](std::size_t bytes, std::string_view replacement) {
        match = Match{bytes, replacement};
        return false;
    });
    return match;
}

std::optional<Charsmap::Match> Charsmap::longest(std::string_view text) const {
    std::optional<Match> match;
    walk(text, [&match](std::size_t bytes, std::string_view replacement) {
        match = Match{bytes, replacement};
        return true;
    });
    return match;
}

}  // namespace ringscope
