#include "backend/text/sentence_piece.h"

#include "backend/text/bpe.h"
#include "backend/text/decoder.h"
#include "backend/text/score_merges.h"
#include "backend/text/sentence_model.h"
#include "backend/text/sentence_normalizer.h"
#include "backend/text/unigram.h"

#include <algorithm>
#include <cfloat>
#include <utility>

namespace ringscope {
namespace {

bool textMayHave(SentencePieceType type) {
    return type == SentencePieceType::Normal || type == SentencePieceType::UserDefined;
}

PieceTrie keptPieces(const SentenceModel& model) {
    std::vector<std::pair<std::string, TokenId>> kept;
    for (std::size_t id = 0; id < model.pieces.size(); ++id)
        if (model.pieces[id].type == SentencePieceType::UserDefined)
            kept.emplace_back(model.pieces[id].piece, static_cast<TokenId>(id));
    return PieceTrie(std::move(kept));
}

UnigramPieces unigramPieces(const SentenceModel& model) {
    constexpr float penalty = 10;
    UnigramPieces pieces;
    pieces.unknown = static_cast<TokenId>(model.unknown);
    float lowest = FLT_MAX;
    float highest = FLT_MIN;
    std::vector<std::pair<std::string, TokenId>> spelled;
    for (std::size_t id = 0; id < model.pieces.size(); ++id) {
        const SentencePiece& piece = model.pieces[id];
        pieces.scores.push_back(piece.score);
        pieces.userDefined.push_back(piece.type == SentencePieceType::UserDefined);
        if (piece.type == SentencePieceType::Normal) {
            lowest = std::min(lowest, piece.score);
            highest = std::max(highest, piece.score);
        }
        if (textMayHave(piece.type)) spelled.emplace_back(piece.piece, static_cast<TokenId>(id));
    }
    pieces.trie = PieceTrie(std::move(spelled));
    pieces.unknownScore = lowest - penalty;
    pieces.longPieceScore = highest;
    return pieces;
}

class SentencePieceTokenizer : public TokenizerKind {
public:
    SentencePieceTokenizer(SentenceModel model, Vocabulary vocabulary)
        : model_(std::move(model)),
          vocabulary_(std::move(vocabulary)),
          kept_(keptPieces(model_)),
          fallback_(byteFallbackTokens(vocabulary_)) {
        if (model_.kind == SentenceModel::Kind::Unigram)
            unigram_ = unigramPieces(model_);
        else
            merges_ = std::make_unique<ScoreMerges>(model_, kept_);
    }

    Result<void> encode(std::string_view original, bool /*around*/,
                        Encoding& encoding) const override {
        AlignedText text(original, 0, encoding.wantsRanges);
        normalizeSentence(model_, kept_, text);
        const std::vector<UnigramStretch> stretches =
            merges_ ? merges_->stretches(text.text()) : bestStretches(unigram_, text.text());
        for (std::size_t i = 0; i < stretches.size(); ++i) {
            TextRange range{stretches[i].begin, stretches[i].end};
            const TokenId id = stretches[i].id;
            if (id != static_cast<TokenId>(model_.unknown)) {
                add(id, range, text, encoding);
            } else if (model_.byteFallback) {
                addBytes(range, text, encoding);
            } else {  // unknown neighbours are one
                while (i + 1 < stretches.size() && stretches[i + 1].id == id)
                    range.end = stretches[++i].end;
                add(id, range, text, encoding);
            }
        }
        return {};
    }

    Result<std::string> decode(std::span<const TokenId> ids, bool special) const override {
        std::vector<std::string> pieces;
        bool begins = true;
        for (const TokenId id : ids) {
            const SentencePiece& piece = model_.pieces[static_cast<std::size_t>(id)];
            if (piece.type == SentencePieceType::Control) {
                if (special) pieces.push_back(piece.piece);
                continue;
            }
            std::string text = piece.type == SentencePieceType::Unknown ? model_.unknownSurface
                                                                        : withBlanks(piece, begins);
            begins = begins && text.empty() && model_.removeExtraBlanks;
            pieces.push_back(std::move(text));
        }
        decodeByteFallback(pieces);
        std::string text;
        for (const std::string& piece : pieces) text += piece;
        return text;
    }

    std::int64_t size() const override { return vocabulary_.size(); }
    std::optional<std::string> pieceOf(TokenId id) const override {
        const std::string* piece = vocabulary_.pieceOf(id);
        return piece == nullptr ? std::nullopt : std::optional(*piece);
    }
    std::optional<TokenId> idOf(std::string_view piece) const override {
        return vocabulary_.idOf(piece);
    }
    bool isSpecial(TokenId id) const override {
        return id >= 0 && id < size() &&
               model_.pieces[static_cast<std::size_t>(id)].type == SentencePieceType::Control;
    }
    SpecialTokens specialTokens() const override {
        const auto token = [](std::int64_t id) {
            return id < 0 ? std::nullopt : std::optional(static_cast<TokenId>(id));
        };
        return {token(model_.beginning), token(model_.end), token(model_.padding),
                token(model_.unknown)};
    }

private:
    static void add(TokenId id, TextRange range, const AlignedText& text, Encoding& encoding) {
        encoding.add(id, encoding.wantsRanges ? text.originOf(range) : TextRange{});
    }

    void addBytes(TextRange range, const AlignedText& text, Encoding& encoding) const {
        for (std::size_t at = range.begin; at < range.end; ++at) {
            const auto byte = static_cast<unsigned char>(text.text()[at]);
            add(fallback_[byte].value_or(static_cast<TokenId>(model_.unknown)), {at, at + 1}, text,
                encoding);
        }
    }

    // The blank that was put in front of the text is taken away again.
    std::string withBlanks(const SentencePiece& piece, bool begins) const {
        std::string_view rest = piece.piece;
        if (begins && (model_.addDummyPrefix || model_.removeExtraBlanks) &&
            rest.starts_with(seenBlank))
            rest.remove_prefix(seenBlank.size());
        std::string text;
        for (std::size_t at = rest.find(seenBlank); at != std::string_view::npos;
             at = rest.find(seenBlank)) {
            text += rest.substr(0, at);
            text += ' ';
            rest.remove_prefix(at + seenBlank.size());
        }
        return text + std::string(rest);
    }

    SentenceModel model_;
    Vocabulary vocabulary_;
    PieceTrie kept_;
    std::array<std::optional<TokenId>, 256> fallback_{};
    UnigramPieces unigram_{};
    std::unique_ptr<ScoreMerges> merges_{};
};

}  // namespace

Result<std::unique_ptr<const TokenizerKind>> readSentencePiece(std::string_view bytes) {
    RINGSCOPE_TRY(SentenceModel model, readSentenceModel(bytes));
    std::vector<std::pair<std::string, std::int64_t>> pieces;
    for (const SentencePiece& piece : model.pieces)
        pieces.emplace_back(piece.piece, static_cast<std::int64_t>(pieces.size()));
    Result<Vocabulary> vocabulary = Vocabulary::make(std::move(pieces));
    if (!vocabulary.ok()) return std::move(vocabulary).error().in("SentencePiece model");
    return std::make_unique<SentencePieceTokenizer>(std::move(model), *std::move(vocabulary));
}

}  // namespace ringscope
