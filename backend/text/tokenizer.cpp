#include "backend/text/tokenizer.h"

#include "backend/core/files.h"
#include "backend/core/sha256.h"
#include "backend/model/model_files.h"
#include "backend/text/json_tokenizer.h"
#include "backend/text/plain_tokenizers.h"
#include "backend/text/sentence_piece.h"
#include "backend/text/tokenizer_config.h"

#include <filesystem>
#include <limits>
#include <utility>

namespace ringscope {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t largestTokenizerFile = std::size_t{256} << 20;  // bytes
constexpr std::size_t longestText = std::numeric_limits<std::int32_t>::max();

// The file that a name means: itself, or the one in the folder of this name.
Result<fs::path> tokenizerFile(const std::string& name) {
    std::error_code failed;
    const fs::path path = name;
    if (!fs::is_directory(path, failed)) return path;
    if (const std::optional<fs::path> file = tokenizerIn(path)) return *file;
    return Error{ErrorCode::NotFound, "'" + name +
                                          "' holds neither tokenizer.json nor tokenizer.model; "
                                          "name a folder or a file that does"};
}

bool looksLikeJson(std::string_view bytes) {
    const std::size_t first = bytes.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && (bytes[first] == '{' || bytes[first] == '[');
}

std::string idText(const std::optional<TokenId>& id) { return id ? std::to_string(*id) : "none"; }

}  // namespace

Tokenizer::Tokenizer(std::shared_ptr<const TokenizerKind> kind, const std::string& content)
    : kind_(std::move(kind)), hash_(sha256(content)), special_(kind_->specialTokens()) {}

Tokenizer Tokenizer::ofBytes() { return {tokenizerOfBytes(), "byte"}; }

Result<Tokenizer> Tokenizer::ofCharacters(std::string_view text) {
    RINGSCOPE_TRY(std::shared_ptr<const TokenizerKind> kind, tokenizerOfCharacters(text));
    std::string content = "char\n";
    for (std::int64_t id = 0; id < kind->size(); ++id)
        content += *kind->pieceOf(static_cast<TokenId>(id));
    return Tokenizer(std::move(kind), content);
}

Result<Tokenizer> Tokenizer::loadFor(const std::string& name, std::string_view text) {
    return name == "char" ? ofCharacters(text) : load(name);
}

Result<Tokenizer> Tokenizer::load(const std::string& name) {
    if (name == "byte") return ofBytes();
    if (name == "char")
        return Error{ErrorCode::InvalidConfig,
                     "tokenizer 'char' makes its vocabulary from the text it is used on; here only "
                     "'byte' and files are known"};
    RINGSCOPE_TRY(const fs::path path, tokenizerFile(name));
    RINGSCOPE_TRY(const std::string bytes, readFile(path, largestTokenizerFile));
    return loadFile(path, bytes);
}

Result<Tokenizer> Tokenizer::loadFile(const std::string& path, const std::string& bytes) {
    const std::string where = "'" + path + "'";
    if (!looksLikeJson(bytes)) {
        Result<std::unique_ptr<const TokenizerKind>> kind = readSentencePiece(bytes);
        if (!kind.ok()) return std::move(kind).error().in(where);
        return Tokenizer(*std::move(kind), "model\n" + bytes);
    }
    Result<std::unique_ptr<JsonTokenizerParts>> parts = readTokenizerJson(bytes);
    if (!parts.ok()) return std::move(parts).error().in(where);
    std::vector<std::string> remarks = (*parts)->remarks;
    const auto kind = std::make_shared<const JsonTokenizer>(*std::move(parts));
    RINGSCOPE_TRY(const SpecialTokens special,
                  readSpecialTokens(fs::path(path).parent_path(), *kind, remarks));
    Tokenizer tokenizer(kind, "json\n" + idText(special.beginning) + " " + idText(special.end) +
                                  " " + idText(special.padding) + "\n" + bytes);
    tokenizer.special_ = special;
    tokenizer.remarks_ = std::move(remarks);
    return tokenizer;
}

Result<Encoding> Tokenizer::encoding(std::string_view text, Around around, bool ranges) const {
    if (text.size() >= longestText)
        return Error{ErrorCode::InvalidConfig, "a text of " + std::to_string(text.size()) +
                                                   " bytes is too long for a tokenizer; give it "
                                                   "in parts below 2 GiB"};
    Encoding encoding{.wantsRanges = ranges, .ids = {}, .ranges = {}};
    RINGSCOPE_CHECK(kind_->encode(text, around == Around::Added, encoding));
    return encoding;
}

Result<std::vector<TokenId>> Tokenizer::encode(std::string_view text, Around around) const {
    RINGSCOPE_TRY(Encoding encoded, encoding(text, around, false));
    return std::move(encoded.ids);
}

Result<std::vector<Token>> Tokenizer::tokens(std::string_view text, Around around) const {
    RINGSCOPE_TRY(const Encoding encoded, encoding(text, around, true));
    std::vector<Token> tokens;
    tokens.reserve(encoded.ids.size());
    for (std::size_t i = 0; i < encoded.ids.size(); ++i)
        tokens.push_back(
            {encoded.ids[i], kind_->pieceOf(encoded.ids[i]).value_or(""), encoded.ranges[i]});
    return tokens;
}

Result<std::string> Tokenizer::decode(std::span<const TokenId> ids, Special special) const {
    for (const TokenId id : ids)
        if (!kind_->pieceOf(id))
            return Error{ErrorCode::InvalidConfig, "no piece has the id " + std::to_string(id) +
                                                       "; the tokenizer's ids are below " +
                                                       std::to_string(kind_->size())};
    return kind_->decode(ids, special == Special::Kept);
}

}  // namespace ringscope
