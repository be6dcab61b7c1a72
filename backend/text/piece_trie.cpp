#include "backend/text/piece_trie.h"

#include <algorithm>

namespace ringscope {
namespace {

// Pieces that share their first `depth` bytes, which are those of a node.
struct PieceGroup {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t depth = 0;
    std::uint32_t node = 0;
};

}  // namespace

PieceTrie::PieceTrie(std::vector<std::pair<std::string, TokenId>> pieces) {
    std::ranges::sort(pieces);
    nodes_.emplace_back();
    std::vector<PieceGroup> open = {{0, pieces.size(), 0, 0}};
    while (!open.empty()) {
        PieceGroup group = open.back();
        open.pop_back();
        if (group.begin < group.end && pieces[group.begin].first.size() == group.depth)
            nodes_[group.node].id = pieces[group.begin++].second;
        nodes_[group.node].firstChild = static_cast<std::uint32_t>(nodes_.size());
        for (std::size_t from = group.begin; from < group.end;) {
            const char label = pieces[from].first[group.depth];
            std::size_t to = from;
            while (to < group.end && pieces[to].first[group.depth] == label) ++to;
            const auto node = static_cast<std::uint32_t>(nodes_.size());
            nodes_.push_back({.label = static_cast<std::uint8_t>(label)});
            ++nodes_[group.node].children;
            if (group.node == 0) roots_[static_cast<unsigned char>(label)] = node;
            open.push_back({from, to, group.depth + 1, node});
            from = to;
        }
    }
}

std::pair<std::size_t, TokenId> PieceTrie::longestPrefix(std::string_view text) const {
    std::pair<std::size_t, TokenId> longest{0, -1};
    visitPrefixes(text, [&longest](std::size_t bytes, TokenId id) { longest = {bytes, id}; });
    return longest;
}

}  // namespace ringscope
