#include "backend/text/json_tokenizer.h"

#include <algorithm>
#include <utility>

namespace ringscope {
namespace {

void putAround(const std::vector<TokenId>& ids, std::size_t at, Encoding& encoding) {
    for (const TokenId id : ids) encoding.add(id, {at, at});
}

// What is no UTF-8 as U+FFFD.
void replaceStrayBytes(AlignedText& text) {
    const std::string_view old = text.text();
    text.rewrite([&](TextWriter& out) {
        std::size_t at = 0;
        while (at < old.size()) {
            const std::size_t end = endOfBeginning(old, at);
            if (isStray(characterAt(old, at).value))
                out.put("\xEF\xBF\xBD", {at, end});
            else
                out.keep({at, end});
            at = end;
        }
    });
}

}  // namespace

JsonTokenizer::JsonTokenizer(std::unique_ptr<JsonTokenizerParts> parts) : parts_(std::move(parts)) {
    modelTakesBytes_ = parts_->preTokenizer != nullptr &&
                       parts_->preTokenizer->endsInByteCharacters() && parts_->model->takeBytes();
}

Result<void> JsonTokenizer::encode(std::string_view text, bool around, Encoding& encoding) const {
    AlignedText whole(text, 0, encoding.wantsRanges);
    if (!modelTakesBytes_ && !isWellFormed(text)) replaceStrayBytes(whole);
    if (around) putAround(parts_->around.before, 0, encoding);
    std::unique_ptr<WordCache> cache = caches_.borrow();
    const Result<void> encoded = encodeAll(whole, *cache, encoding);
    caches_.giveBack(std::move(cache));
    if (around) putAround(parts_->around.after, text.size(), encoding);
    return encoded;
}

Result<void> JsonTokenizer::encodeAll(const AlignedText& text, WordCache& cache,
                                      Encoding& encoding) const {
    if (parts_->added.empty(/*normalized=*/false)) return encodePart(text, true, cache, encoding);
    for (const TextPart& part : parts_->added.cut(text.text(), /*normalized=*/false)) {
        if (part.token)
            encoding.add(*part.token,
                         encoding.wantsRanges ? text.originOf(part.range) : TextRange{});
        else
            RINGSCOPE_CHECK(
                encodePart(text.part(part.range), part.range.begin == 0, cache, encoding));
    }
    return {};
}

Result<void> JsonTokenizer::encodePart(AlignedText text, bool beginsText, WordCache& cache,
                                       Encoding& encoding) const {
    if (parts_->normalizer != nullptr) RINGSCOPE_CHECK(parts_->normalizer->apply(text));
    return encodeNormalized(std::move(text), beginsText, cache, encoding);
}

Result<void> JsonTokenizer::encodeNormalized(AlignedText text, bool beginsText, WordCache& cache,
                                             Encoding& encoding) const {
    if (parts_->added.empty(/*normalized=*/true))
        return encodeWords(std::move(text), beginsText, cache, encoding);
    for (const TextPart& part : parts_->added.cut(text.text(), /*normalized=*/true)) {
        if (part.token)
            encoding.add(*part.token,
                         encoding.wantsRanges ? text.originOf(part.range) : TextRange{});
        else
            RINGSCOPE_CHECK(encodeWords(text.part(part.range), beginsText && part.range.begin == 0,
                                        cache, encoding));
    }
    return {};
}

Result<void> JsonTokenizer::encodeWords(AlignedText text, bool beginsText, WordCache& cache,
                                        Encoding& encoding) const {
    if (text.text().empty()) return {};
    const TextRange whole{0, text.text().size()};
    Splits splits{std::move(text), {whole}, beginsText};
    if (parts_->preTokenizer != nullptr)
        RINGSCOPE_CHECK(modelTakesBytes_ ? parts_->preTokenizer->applyToBytes(splits)
                                         : parts_->preTokenizer->apply(splits));
    std::vector<WordToken> fresh;
    for (const TextRange word : splits.words) {
        const std::string_view spelled = slice(splits.text.text(), word);
        const bool remembers = spelled.size() <= WordCache::longestWord;
        auto tokens = remembers ? cache.find(spelled) : std::nullopt;
        if (!tokens) {
            RINGSCOPE_CHECK(parts_->model->encode(spelled, fresh));
            if (remembers) cache.remember(spelled, fresh);
            tokens = std::span<const WordToken>(fresh);
        }
        std::size_t at = word.begin;
        for (const WordToken& token : *tokens) {
            const TextRange range{at, at + token.bytes};
            encoding.add(token.id,
                         encoding.wantsRanges ? splits.text.originOf(range) : TextRange{});
            at = range.end;
        }
    }
    return {};
}

Result<std::string> JsonTokenizer::decode(std::span<const TokenId> ids, bool special) const {
    std::vector<std::string> pieces;
    for (const TokenId id : ids)
        if (special || !isSpecial(id)) pieces.push_back(pieceOf(id).value_or(""));
    if (parts_->decoder != nullptr) RINGSCOPE_CHECK(parts_->decoder->apply(pieces));
    std::string text;
    for (const std::string& piece : pieces) {
        if (parts_->decoder == nullptr && &piece != &pieces.front()) text += ' ';
        text += piece;
    }
    return text;
}

std::int64_t JsonTokenizer::size() const {
    return std::max(parts_->vocabulary.size(), parts_->added.vocabulary().size());
}

std::optional<std::string> JsonTokenizer::pieceOf(TokenId id) const {
    const std::string* piece = parts_->added.vocabulary().pieceOf(id);
    if (piece == nullptr) piece = parts_->vocabulary.pieceOf(id);
    if (piece == nullptr) return std::nullopt;
    return *piece;
}

std::optional<TokenId> JsonTokenizer::idOf(std::string_view piece) const {
    const std::optional<TokenId> added = parts_->added.vocabulary().idOf(piece);
    return added ? added : parts_->vocabulary.idOf(piece);
}

bool JsonTokenizer::isSpecial(TokenId id) const {
    const AddedToken* token = parts_->added.find(id);
    return token != nullptr && token->special;
}

}  // namespace ringscope
