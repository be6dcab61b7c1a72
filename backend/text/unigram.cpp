#include "backend/text/unigram.h"

#include "backend/text/bpe.h"
#include "backend/text/utf8.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

namespace ringscope {
namespace {

using nlohmann::json;

constexpr double unknownPenalty = 10;  // below the lowest score

// The best way to a place in the text.
struct BestWay {
    double sum = 0;
    std::size_t from = noWay;  // where its last stretch begins
    TokenId id = 0;
    static constexpr std::size_t noWay = static_cast<std::size_t>(-1);

    void offer(double candidate, std::size_t begin, TokenId piece) {
        if (from != noWay && candidate <= sum) return;
        *this = {candidate, begin, piece};
    }
};

double scoreOf(const UnigramPieces& pieces, TokenId id, std::size_t bytes) {
    const auto index = static_cast<std::size_t>(id);
    if (pieces.userDefined.empty() || !pieces.userDefined[index]) return pieces.scores[index];
    return static_cast<double>(bytes) * pieces.longPieceScore - 0.1;
}

}  // namespace

std::vector<UnigramStretch> bestStretches(const UnigramPieces& pieces, std::string_view text) {
    std::vector<BestWay> ways(text.size() + 1);
    for (std::size_t at = 0; at < text.size();) {
        const double here = ways[at].sum;
        const std::size_t character = characterAt(text, at).bytes;
        bool isPiece = false;
        pieces.trie.visitPrefixes(text.substr(at), [&](std::size_t bytes, TokenId id) {
            ways[at + bytes].offer(scoreOf(pieces, id, bytes) + here, at, id);
            isPiece = isPiece || bytes == character;
        });
        if (!isPiece) ways[at + character].offer(pieces.unknownScore + here, at, pieces.unknown);
        at += character;
    }
    std::vector<UnigramStretch> stretches;
    for (std::size_t end = text.size(); end > 0; end = stretches.back().begin)
        stretches.push_back({ways[end].from, end, ways[end].id});
    std::ranges::reverse(stretches);
    return stretches;
}

Unigram::Unigram(const Vocabulary& vocabulary, UnigramPieces pieces, bool byteFallback)
    : vocabulary_(vocabulary), pieces_(std::move(pieces)), byteFallback_(byteFallback) {
    if (byteFallback_) fallback_ = byteFallbackTokens(vocabulary);
}

Result<void> Unigram::encode(std::string_view word, std::vector<WordToken>& tokens) const {
    tokens.clear();
    const std::vector<UnigramStretch> stretches = bestStretches(pieces_, word);
    for (std::size_t i = 0; i < stretches.size(); ++i) {
        const UnigramStretch& stretch = stretches[i];
        if (stretch.id != pieces_.unknown) {
            tokens.push_back({stretch.id, static_cast<std::uint32_t>(stretch.end - stretch.begin)});
            continue;
        }
        std::size_t last = i;
        while (last + 1 < stretches.size() && stretches[last + 1].id == pieces_.unknown) ++last;
        RINGSCOPE_CHECK(addUnknown(slice(word, {stretch.begin, stretches[last].end}), tokens));
        i = last;
    }
    return {};
}

// Unknown characters together may be a piece that was too dear.
Result<void> Unigram::addUnknown(std::string_view characters,
                                 std::vector<WordToken>& tokens) const {
    const auto bytes = static_cast<std::uint32_t>(characters.size());
    if (const std::optional<TokenId> piece = vocabulary_.idOf(characters)) {
        tokens.push_back({*piece, bytes});
        return {};
    }
    const auto hasToken = [this](char byte) {
        return fallback_[static_cast<unsigned char>(byte)].has_value();
    };
    if (byteFallback_ && std::ranges::all_of(characters, hasToken)) {
        for (const char byte : characters)
            tokens.push_back({*fallback_[static_cast<unsigned char>(byte)], 1});
        return {};
    }
    if (pieces_.unknown < 0)
        return Error{ErrorCode::InvalidConfig,
                     "'" + std::string(characters) +
                         "' has no token, and the tokenizer has none for what is unknown (unk_id); "
                         "use another tokenizer"};
    tokens.push_back({pieces_.unknown, bytes});
    return {};
}

Result<std::vector<std::pair<std::string, std::int64_t>>> readUnigramPieces(JsonPart& part) {
    std::vector<std::pair<std::string, std::int64_t>> pieces;
    for (const json& row : part.list("vocab")) {
        if (!row.is_array() || row.size() != 2 || !row[0].is_string() || !row[1].is_number())
            return Error{ErrorCode::InvalidConfig,
                         part.pathOf("vocab") + "[" + std::to_string(pieces.size()) +
                             "]: expected [\"piece\", score]; got " + shownJson(row)};
        pieces.emplace_back(row[0].get<std::string>(), static_cast<std::int64_t>(pieces.size()));
    }
    return pieces;
}

Result<std::unique_ptr<WordModel>> readUnigram(JsonPart& part, const Vocabulary& vocabulary) {
    UnigramPieces pieces;
    std::vector<std::pair<std::string, TokenId>> spelled;
    double lowest = 0;
    for (const json& row : part.list("vocab")) {
        const auto id = static_cast<TokenId>(pieces.scores.size());
        const double score = row[1].get<double>();
        lowest = pieces.scores.empty() ? score : std::min(lowest, score);
        pieces.scores.push_back(score);
        if (std::string piece = row[0].get<std::string>(); !piece.empty())
            spelled.emplace_back(std::move(piece), id);
    }
    pieces.trie = PieceTrie(std::move(spelled));
    pieces.unknownScore = lowest - unknownPenalty;
    if (part.value("unk_id") != nullptr)
        pieces.unknown = static_cast<TokenId>(
            part.number("unk_id", 0, std::max<std::int64_t>(vocabulary.size() - 1, 0)));
    const bool byteFallback = part.flag("byte_fallback", false);
    return std::make_unique<Unigram>(vocabulary, std::move(pieces), byteFallback);
}

}  // namespace ringscope
