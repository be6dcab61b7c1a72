#include "backend/text/bpe.h"

#include "backend/core/text.h"
#include "backend/text/byte_alphabet.h"
#include "backend/text/utf8.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <utility>

namespace ringscope {
namespace {

using nlohmann::json;
using PiecePair = std::pair<std::string, std::string>;

// "l o" or ["l", "o"].
std::optional<PiecePair> pairFrom(const json& merge) {
    if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string())
        return PiecePair{merge[0].get<std::string>(), merge[1].get<std::string>()};
    if (!merge.is_string()) return std::nullopt;
    const std::string& words = merge.get_ref<const std::string&>();
    const std::size_t blank = words.find(' ');
    if (blank == std::string::npos || words.find(' ', blank + 1) != std::string::npos)
        return std::nullopt;
    return PiecePair{words.substr(0, blank), words.substr(blank + 1)};
}

Error wrongMerge(const JsonPart& part, std::size_t index, const std::string& sentence) {
    return {ErrorCode::InvalidConfig,
            part.pathOf("merges") + "[" + std::to_string(index) + "]: " + sentence};
}

// The tokens of a merge, and what it makes.
struct MergedTokens {
    TokenId left = 0;
    TokenId right = 0;
    TokenId made = 0;
};

Result<MergedTokens> tokensOf(const PiecePair& pair, const std::string& prefix,
                              const Vocabulary& vocabulary) {
    const bool prefixed = !prefix.empty() && pair.second.starts_with(prefix);
    const std::string made = pair.first + pair.second.substr(prefixed ? prefix.size() : 0);
    std::array<TokenId, 3> ids{};
    std::size_t next = 0;
    for (const std::string& piece : {pair.first, pair.second, made}) {
        const std::optional<TokenId> id = vocabulary.idOf(piece);
        if (!id)
            return Error{ErrorCode::InvalidConfig,
                         "'" + piece + "' of the merge '" + pair.first + " " + pair.second +
                             "' is no piece of the vocabulary; get the file again"};
        ids[next++] = *id;
    }
    return MergedTokens{ids[0], ids[1], ids[2]};
}

Result<Merges> readMerges(JsonPart& part, const std::string& prefix, const Vocabulary& vocabulary) {
    const json& list = part.list("merges");
    Merges merges(list.size());
    for (std::size_t i = 0; i < list.size(); ++i) {
        const std::optional<PiecePair> pair = pairFrom(list[i]);
        if (!pair)
            return wrongMerge(part, i,
                              "expected \"a b\" or [\"a\", \"b\"]; got " + shownJson(list[i]));
        Result<MergedTokens> tokens = tokensOf(*pair, prefix, vocabulary);
        if (!tokens.ok()) return wrongMerge(part, i, tokens.error().message);
        merges.add(tokens->left, tokens->right, {static_cast<std::uint32_t>(i), tokens->made});
    }
    return merges;
}

void refuseDropout(JsonPart& part) {
    const json* dropout = part.value("dropout");
    if (dropout == nullptr || (dropout->is_number() && dropout->get<double>() == 0)) return;
    part.refuse("dropout",
                "expected null or 0, because a text has the same tokens every time; got " +
                    shownJson(*dropout));
}

}  // namespace

std::string byteFallbackPiece(unsigned char byte) { return fmt::format("<0x{:02X}>", byte); }

std::array<std::optional<TokenId>, 256> byteFallbackTokens(const Vocabulary& vocabulary) {
    std::array<std::optional<TokenId>, 256> tokens;
    for (unsigned byte = 0; byte < 256; ++byte)
        tokens[byte] = vocabulary.idOf(byteFallbackPiece(static_cast<unsigned char>(byte)));
    return tokens;
}

Result<std::unique_ptr<WordModel>> readBpe(JsonPart& part, const Vocabulary& vocabulary) {
    BpeOptions options;
    options.fuseUnknown = part.flag("fuse_unk", false);
    options.byteFallback = part.flag("byte_fallback", false);
    options.ignoreMerges = part.flag("ignore_merges", false);
    options.prefix = part.text("continuing_subword_prefix", "");
    options.suffix = part.text("end_of_word_suffix", "");
    refuseDropout(part);
    // Old byte-level files name "", which they do not have and never need.
    options.namesUnknown = part.value("unk_token") != nullptr;
    options.missingUnknown = part.text("unk_token", "");
    options.unknown = options.namesUnknown ? vocabulary.idOf(options.missingUnknown) : std::nullopt;
    RINGSCOPE_TRY(Merges merges, readMerges(part, options.prefix, vocabulary));
    return std::make_unique<Bpe>(vocabulary, std::move(merges), std::move(options));
}

Bpe::Bpe(const Vocabulary& vocabulary, Merges merges, BpeOptions options)
    : vocabulary_(vocabulary), merges_(std::move(merges)), options_(std::move(options)) {
    if (!options_.byteFallback) return;
    fallback_ = byteFallbackTokens(vocabulary);
    hasFallback_ = true;
}

bool Bpe::takeBytes() {
    const bool plain = !options_.byteFallback && options_.prefix.empty() && options_.suffix.empty();
    if (!plain) return false;
    for (unsigned byte = 0; byte < 256; ++byte)
        bytes_[byte] = vocabulary_.idOf(characterOfByte(static_cast<unsigned char>(byte)));
    takesBytes_ = true;
    if (!options_.ignoreMerges) return true;
    std::vector<std::pair<std::string, std::int64_t>> words;
    for (std::int64_t id = 0; id < vocabulary_.size(); ++id) {
        const std::string* piece = vocabulary_.pieceOf(id);
        std::optional<std::string> bytes = piece ? charactersAsBytes(*piece) : std::nullopt;
        if (bytes) words.emplace_back(*std::move(bytes), id);
    }
    Result<Vocabulary> made = Vocabulary::make(std::move(words));
    takesBytes_ = made.ok();  // not where few pieces are bytes, and their ids far apart
    if (made.ok()) wordsAsBytes_ = *std::move(made);
    return takesBytes_;
}

std::optional<TokenId> Bpe::wholeWord(std::string_view word) const {
    if (!options_.ignoreMerges) return std::nullopt;
    return wordsAsBytes_ ? wordsAsBytes_->idOf(word) : vocabulary_.idOf(word);
}

Result<void> Bpe::encode(std::string_view word, std::vector<WordToken>& tokens) const {
    tokens.clear();
    if (const std::optional<TokenId> whole = wholeWord(word)) {
        tokens.push_back({*whole, static_cast<std::uint32_t>(word.size())});
        return {};
    }
    RINGSCOPE_CHECK(addCharacters(word, tokens));
    merges_.apply(tokens);
    return {};
}

Result<void> Bpe::addCharacters(std::string_view word, std::vector<WordToken>& tokens) const {
    std::optional<WordToken> pending;  // an unknown one that the next may join
    std::string spelled;
    for (std::size_t at = 0; at < word.size();) {
        const std::size_t bytes = takesBytes_ ? 1 : characterAt(word, at).bytes;
        const std::string_view character = word.substr(at, bytes);
        std::optional<TokenId> id;
        if (takesBytes_) {
            id = bytes_[static_cast<unsigned char>(character.front())];
        } else {
            spelled = at > 0 ? options_.prefix : "";
            spelled += character;
            if (at + bytes == word.size()) spelled += options_.suffix;
            id = vocabulary_.idOf(spelled);
        }
        at += bytes;
        if (!id && hasFallback_ && addFallback(spelled, tokens)) continue;
        if (!id) {
            RINGSCOPE_CHECK(addUnknown(character, pending, tokens));
            continue;
        }
        if (pending) tokens.push_back(*std::exchange(pending, std::nullopt));
        tokens.push_back({*id, static_cast<std::uint32_t>(bytes)});
    }
    if (pending) tokens.push_back(*pending);
    return {};
}

// Without a token for what is unknown, it is left out: so the files mean it.
Result<void> Bpe::addUnknown(std::string_view character, std::optional<WordToken>& pending,
                             std::vector<WordToken>& tokens) const {
    const auto bytes = static_cast<std::uint32_t>(character.size());
    if (!options_.unknown) {
        if (!options_.namesUnknown) return {};
        return Error{
            ErrorCode::InvalidConfig,
            "'" + std::string(character) + "' has no token, and '" + options_.missingUnknown +
                "', which the tokenizer names for what is unknown (unk_token), is no piece "
                "of it; use another tokenizer"};
    }
    if (pending && options_.fuseUnknown) {
        pending->bytes += bytes;
        return {};
    }
    if (pending) tokens.push_back(*pending);
    pending = WordToken{*options_.unknown, bytes};
    return {};
}

// Bytes of what has no token, unless one of them has none either.
bool Bpe::addFallback(std::string_view character, std::vector<WordToken>& tokens) const {
    for (const char byte : character)
        if (!fallback_[static_cast<unsigned char>(byte)]) return false;
    for (const char byte : character)
        tokens.push_back({*fallback_[static_cast<unsigned char>(byte)], 1});
    return true;
}

}  // namespace ringscope
