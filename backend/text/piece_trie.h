// Finds all pieces that a text begins with.
#pragma once

#include "backend/text/vocabulary.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ringscope {

class PieceTrie {
public:
    // Of equal pieces, and empty ones, none may be given.
    explicit PieceTrie(std::vector<std::pair<std::string, TokenId>> pieces = {});

    // Calls `visit(bytes, id)` for each piece that `text` begins with, the shortest first.
    template <typename Visit>
    void visitPrefixes(std::string_view text, Visit visit) const {
        std::uint32_t node = 0;
        for (std::size_t at = 0; at < text.size(); ++at) {
            node = child(node, static_cast<unsigned char>(text[at]));
            if (node == 0) return;
            if (nodes_[node].id >= 0) visit(at + 1, nodes_[node].id);
        }
    }

    // Bytes and id of the longest one; 0 bytes where there is none.
    std::pair<std::size_t, TokenId> longestPrefix(std::string_view text) const;

    // Whether a piece begins with this byte.
    bool mayBegin(unsigned char byte) const { return roots_[byte] != 0; }
    bool empty() const { return nodes_.size() < 2; }

private:
    struct Node {
        std::uint32_t firstChild = 0;  // children of a node are neighbours, by label
        std::uint16_t children = 0;
        std::uint8_t label = 0;
        TokenId id = -1;
    };

    // 0 where there is none: the root is nobody's child.
    std::uint32_t child(std::uint32_t node, unsigned char label) const {
        if (node == 0) return roots_[label];
        const Node& above = nodes_[node];
        for (std::uint32_t i = above.firstChild; i < above.firstChild + above.children; ++i)
            if (nodes_[i].label >= label) return nodes_[i].label == label ? i : 0;
        return 0;
    }

    std::vector<Node> nodes_{};
    std::array<std::uint32_t, 256> roots_{};
};

}  // namespace ringscope
