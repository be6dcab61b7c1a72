// The pieces of a tokenizer and their ids.
#pragma once

#include "backend/core/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ringscope {

using TokenId = std::int32_t;

// A few ids without a piece between the others are usual; more of them than this, beside as many
// as there are pieces, are a damaged file.
inline constexpr std::int64_t mostHoles = 1 << 16;

class Vocabulary {
public:
    Vocabulary() = default;
    Vocabulary(const Vocabulary&) = delete;
    Vocabulary& operator=(const Vocabulary&) = delete;
    Vocabulary(Vocabulary&&) = default;
    Vocabulary& operator=(Vocabulary&&) = default;

    // Fails where an id or a piece is there twice, or an id is far beyond the number of pieces.
    // `others`: pieces beside these, in another vocabulary of the same tokenizer.
    static Result<Vocabulary> make(std::vector<std::pair<std::string, std::int64_t>> pieces,
                                   std::int64_t others = 0);

    // One more than the largest id: the rows that a model's embedding needs.
    std::int64_t size() const { return static_cast<std::int64_t>(pieces_.size()); }
    std::int64_t pieceCount() const { return static_cast<std::int64_t>(ids_.size()); }

    std::size_t longestPiece() const { return longestPiece_; }  // bytes

    std::optional<TokenId> idOf(std::string_view piece) const;

    // Null where no piece has the id.
    const std::string* pieceOf(std::int64_t id) const;

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };

    std::size_t longestPiece_ = 0;
    std::vector<const std::string*> pieces_{};  // by id; keys of ids_
    std::unordered_map<std::string, TokenId, Hash, std::equal_to<>> ids_{};
};

}  // namespace ringscope
