#include "kernels/generate/pattern_pieces.h"

#include <numeric>

namespace ringscope {

std::vector<std::int64_t> keyHeadsOf(const AttentionPattern* pattern) {
    std::vector<std::int64_t> heads(
        pattern == nullptr ? 0 : static_cast<std::size_t>(pattern->shape().kvHeads));
    std::iota(heads.begin(), heads.end(), 0);
    return heads;
}

void appendSeen(const AttentionPattern* pattern, std::int64_t token, const RowRun& keys,
                std::vector<KeyPiece>& pieces) {
    if (pattern == nullptr) {
        pieces.push_back({keys.row, keys.count, keys.tokens, keys.step});
        return;
    }
    const std::int64_t each = pattern->shape().heads / pattern->shape().kvHeads;
    const std::vector<std::int64_t> heads = keyHeadsOf(pattern);
    pattern->cut({{0, 1, {token, 1}}, keys, heads}, [&](const PatternPiece& piece) {
        if (piece.chosen) return;
        pieces.push_back({piece.keys.row,
                          piece.keys.count,
                          piece.keys.tokens,
                          piece.keys.step,
                          {piece.heads.begin * each, piece.heads.end * each}});
    });
}

void forChosenBlocks(
    const AttentionPattern& pattern, const at::Tensor& chosen,
    const std::function<void(const TokenSpan& tokens, const TokenSpan& head)>& see) {
    const at::Tensor host = chosen.cpu().contiguous();
    const auto* numbers = host.const_data_ptr<std::int32_t>();
    const std::int64_t size = pattern.config().block;
    for (std::int64_t head = 0; head < host.size(0); ++head)
        for (std::int64_t i = 0; i < host.size(1); ++i) {
            const std::int64_t block = numbers[head * host.size(1) + i];
            if (block >= 0) see({block * size, (block + 1) * size}, {head, head + 1});
        }
}

}  // namespace ringscope
