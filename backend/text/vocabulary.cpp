#include "backend/text/vocabulary.h"

#include <algorithm>
#include <limits>

namespace ringscope {
namespace {

Error wrongPiece(const std::string& sentence) { return {ErrorCode::InvalidConfig, sentence}; }

Result<void> checkId(const std::string& piece, std::int64_t id, std::int64_t pieces) {
    const std::int64_t largest =
        std::min<std::int64_t>(2 * pieces + mostHoles, std::numeric_limits<TokenId>::max());
    if (id >= 0 && id <= largest) return {};
    return wrongPiece("piece '" + piece + "' has the id " + std::to_string(id) +
                      ", and there are " + std::to_string(pieces) +
                      " pieces; ids go from 0 upwards with few holes");
}

}  // namespace

Result<Vocabulary> Vocabulary::make(std::vector<std::pair<std::string, std::int64_t>> pieces,
                                    std::int64_t others) {
    Vocabulary vocabulary;
    const auto count = static_cast<std::int64_t>(pieces.size()) + others;
    vocabulary.ids_.reserve(pieces.size());
    vocabulary.pieces_.reserve(pieces.size());
    for (auto& [piece, id] : pieces) {
        RINGSCOPE_CHECK(checkId(piece, id, count));
        const auto [place, isNew] =
            vocabulary.ids_.try_emplace(std::move(piece), static_cast<TokenId>(id));
        if (!isNew)
            return wrongPiece("piece '" + place->first + "' is there twice, with the ids " +
                              std::to_string(place->second) + " and " + std::to_string(id) +
                              "; keep one of them");
        vocabulary.longestPiece_ = std::max(vocabulary.longestPiece_, place->first.size());
        const auto index = static_cast<std::size_t>(id);
        if (index >= vocabulary.pieces_.size()) vocabulary.pieces_.resize(index + 1, nullptr);
        if (const std::string* other = vocabulary.pieces_[index]; other != nullptr)
            return wrongPiece("id " + std::to_string(id) + " is given twice, to '" + *other +
                              "' and '" + place->first + "'; each piece has an id of its own");
        vocabulary.pieces_[index] = &place->first;
    }
    return vocabulary;
}

std::optional<TokenId> Vocabulary::idOf(std::string_view piece) const {
    const auto found = ids_.find(piece);
    if (found == ids_.end()) return std::nullopt;
    return found->second;
}

const std::string* Vocabulary::pieceOf(std::int64_t id) const {
    if (id < 0 || id >= size()) return nullptr;
    return pieces_[static_cast<std::size_t>(id)];
}

}  // namespace ringscope
