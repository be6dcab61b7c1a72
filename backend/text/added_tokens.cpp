#include "backend/text/added_tokens.h"

#include "backend/text/characters.h"
#include "backend/text/json_part.h"

#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

namespace ringscope {
namespace {

constexpr std::size_t mostAddedTokens = 1 << 17;

bool endsInWord(std::string_view text) {
    if (text.empty()) return false;
    std::size_t at = text.size() - 1;
    while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U) --at;
    return isWordCharacter(characterAt(text, at).value);
}

bool beginsWithWord(std::string_view text) {
    return !text.empty() && isWordCharacter(characterAt(text, 0).value);
}

// Where the blanks that end the text begin.
std::size_t beginOfLastBlanks(std::string_view text) {
    std::size_t begin = text.size();
    while (begin > 0) {
        std::size_t at = begin - 1;
        while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U) --at;
        const Character character = characterAt(text, at);
        if (at + character.bytes != begin || !isWhiteSpace(character.value)) break;
        begin = at;
    }
    return begin;
}

std::size_t endOfFirstBlanks(std::string_view text) {
    std::size_t end = 0;
    while (end < text.size()) {
        const Character character = characterAt(text, end);
        if (!isWhiteSpace(character.value)) break;
        end += character.bytes;
    }
    return end;
}

Result<AddedToken> readAddedToken(const nlohmann::json& json, const std::string& path) {
    JsonPart part(json, path);
    AddedToken token;
    token.id = static_cast<TokenId>(part.number("id", 0, std::numeric_limits<TokenId>::max() - 1));
    token.content = part.text("content");
    token.singleWord = part.flag("single_word", false);
    token.leftStrip = part.flag("lstrip", false);
    token.rightStrip = part.flag("rstrip", false);
    token.special = part.flag("special", false);
    token.normalized = part.flag("normalized", !token.special);
    if (token.content.empty()) part.refuse("content", "expected a text; got an empty one");
    RINGSCOPE_CHECK(part.done());
    return token;
}

// Whether the model's vocabulary has this piece under another id, or this id for another piece.
Result<void> checkAgainst(const Vocabulary& vocabulary, const AddedToken& token) {
    const std::optional<TokenId> id = vocabulary.idOf(token.content);
    const std::string* piece = vocabulary.pieceOf(token.id);
    if (id && *id != token.id)
        return Error{ErrorCode::InvalidConfig,
                     "'" + token.content + "' has the id " + std::to_string(token.id) +
                         " here and " + std::to_string(*id) +
                         " in the model's vocabulary; get the file again"};
    if (piece != nullptr && *piece != token.content)
        return Error{ErrorCode::InvalidConfig,
                     "the id " + std::to_string(token.id) + " of '" + token.content +
                         "' belongs to '" + *piece +
                         "' in the model's vocabulary; get the file again"};
    return {};
}

}  // namespace

Result<AddedTokens> AddedTokens::read(const nlohmann::json& list, const Vocabulary& vocabulary,
                                      const Normalizer* normalizer) {
    AddedTokens added;
    if (list.size() > mostAddedTokens)
        return Error{ErrorCode::InvalidConfig, "added_tokens: expected at most " +
                                                   std::to_string(mostAddedTokens) + "; got " +
                                                   std::to_string(list.size())};
    std::vector<std::pair<std::string, std::int64_t>> pieces;
    for (std::size_t i = 0; i < list.size(); ++i) {
        const std::string path = "added_tokens[" + std::to_string(i) + "]";
        RINGSCOPE_TRY(AddedToken token, readAddedToken(list[i], path));
        Result<void> agrees = checkAgainst(vocabulary, token);
        if (!agrees.ok()) return std::move(agrees).error().in(path);
        pieces.emplace_back(token.content, token.id);
        added.byId_.emplace(token.id, added.tokens_.size());
        added.tokens_.push_back(std::move(token));
    }
    Result<Vocabulary> made = Vocabulary::make(std::move(pieces), vocabulary.pieceCount());
    if (!made.ok()) return std::move(made).error().in("added_tokens");
    added.vocabulary_ = *std::move(made);
    RINGSCOPE_CHECK(added.makeSets(normalizer));
    return added;
}

// Tokens are looked for as the normalizer writes them; of equal ones the last one counts.
Result<void> AddedTokens::makeSets(const Normalizer* normalizer) {
    std::map<std::string, TokenId> before;
    std::map<std::string, TokenId> after;
    for (const bool special : {true, false})
        for (std::size_t i = 0; i < tokens_.size(); ++i) {
            const AddedToken& token = tokens_[i];
            if (token.special != special) continue;
            AlignedText content(token.content, 0, false);
            if (token.normalized && normalizer != nullptr)
                RINGSCOPE_CHECK(normalizer->apply(content));
            if (content.text().empty()) continue;
            (token.normalized ? after : before)
                .try_emplace(std::string(content.text()), static_cast<TokenId>(i));
        }
    before_.trie = PieceTrie({before.begin(), before.end()});
    after_.trie = PieceTrie({after.begin(), after.end()});
    return {};
}

const AddedToken* AddedTokens::find(TokenId id) const {
    const auto found = byId_.find(id);
    return found == byId_.end() ? nullptr : &tokens_[found->second];
}

std::vector<TextPart> AddedTokens::cut(std::string_view text, bool normalized) const {
    const PieceTrie& trie = setOf(normalized).trie;
    std::vector<TextPart> parts;
    std::size_t from = 0;  // end of the last part
    for (std::size_t at = 0; at < text.size();) {
        if (!trie.mayBegin(static_cast<unsigned char>(text[at]))) {
            ++at;
            continue;
        }
        const auto [bytes, index] = trie.longestPrefix(text.substr(at));
        if (bytes == 0) {
            ++at;
            continue;
        }
        const AddedToken& token = tokens_[static_cast<std::size_t>(index)];
        TextRange range{at, at + bytes};
        at = range.end;
        if (token.singleWord &&
            (endsInWord(text.substr(0, range.begin)) || beginsWithWord(text.substr(range.end))))
            continue;
        if (token.leftStrip)
            range.begin = std::max(from, beginOfLastBlanks(text.substr(0, range.begin)));
        if (token.rightStrip) range.end += endOfFirstBlanks(text.substr(range.end));
        if (from < range.begin) parts.push_back({{from, range.begin}, std::nullopt});
        parts.push_back({range, token.id});
        from = range.end;
    }
    if (from < text.size()) parts.push_back({{from, text.size()}, std::nullopt});
    return parts;
}

}  // namespace ringscope
