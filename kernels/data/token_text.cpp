#include "kernels/data/token_text.h"

#include "backend/core/files.h"
#include "backend/model/npy.h"
#include "embedded/proseText.h"

#include <algorithm>
#include <span>

namespace ringscope {
namespace {

constexpr std::string_view builtinPrefix = "builtin:";

Result<std::string> loadText(const std::string& source) {
    if (source == builtinProse) return std::string(embedded::proseText);
    if (source.starts_with(builtinPrefix))
        return Error{ErrorCode::InvalidConfig,
                     "data.source '" + source +
                         "' is not shipped; use builtin:prose or the path of a text file"};
    return readFile(source);
}

Error emptySource(const DataConfig& data) {
    return {ErrorCode::InvalidConfig,
            "data.source '" + data.source + "' is empty; name a file with text in it"};
}

// Fails where the vocabulary has no row for one of the tokens.
Result<void> checkVocabulary(const DataConfig& data, std::int64_t least, std::int64_t most,
                             std::int64_t vocabSize) {
    if (least >= 0 && most < vocabSize) return {};
    const std::string vocabulary =
        ", but model.vocab_size is " + std::to_string(vocabSize) + "; use ";
    if (data.tokenizer == byteTokenizer)
        return Error{ErrorCode::InvalidConfig,
                     "data.source '" + data.source + "' has bytes up to " + std::to_string(most) +
                         vocabulary + "at least " + std::to_string(most + 1)};
    if (data.tokenizer == idTokenizer)
        return Error{ErrorCode::InvalidConfig, "data.source '" + data.source +
                                                   "' has token ids from " + std::to_string(least) +
                                                   " to " + std::to_string(most) + vocabulary +
                                                   "ids of 0 to " + std::to_string(vocabSize - 1)};
    return Error{ErrorCode::InvalidConfig, "data.tokenizer '" + data.tokenizer +
                                               "' makes token ids up to " + std::to_string(most) +
                                               vocabulary + "the tokenizer of the model"};
}

template <typename Values>
Result<void> checkTokens(const DataConfig& data, const Values& values, std::int64_t vocabSize) {
    const auto [least, most] = std::ranges::minmax_element(values);
    return checkVocabulary(data, *least, *most, vocabSize);
}

Result<Tokenizer> tokenizerOf(const DataConfig& data, std::string_view text) {
    Result<Tokenizer> tokenizer = Tokenizer::loadFor(data.tokenizer, text);
    if (!tokenizer.ok())
        return Error{tokenizer.error().code, "data.tokenizer: " + tokenizer.error().message};
    return tokenizer;
}

bool beginsParagraph(std::string_view text, std::size_t at) {
    if (at == 0) return true;
    return at > 1 && text[at - 1] == '\n' && text[at - 2] == '\n' && text[at] != '\n';
}

// The end of the paragraph that begins at `begin`, the empty lines behind it included.
std::size_t paragraphEnd(std::string_view text, std::size_t begin) {
    std::size_t at = begin + 1;
    while (at < text.size() && !beginsParagraph(text, at)) ++at;
    return at;
}

}  // namespace

Result<TokenText> TokenText::open(const DataConfig& data, std::int64_t vocabSize) {
    if (data.tokenizer == idTokenizer) {
        RINGSCOPE_TRY(NpyIntegers file, readNpyIntegers(data.source));
        if (file.values.empty()) return emptySource(data);
        RINGSCOPE_CHECK(checkTokens(data, file.values, vocabSize));
        return TokenText(std::move(file.values));
    }
    RINGSCOPE_TRY(std::string bytes, loadText(data.source));
    if (bytes.empty()) return emptySource(data);
    if (data.tokenizer == byteTokenizer) {
        const auto* first = reinterpret_cast<const unsigned char*>(bytes.data());
        RINGSCOPE_CHECK(checkTokens(data, std::span(first, bytes.size()), vocabSize));
        return TokenText(std::move(bytes));
    }
    RINGSCOPE_TRY(const Tokenizer tokenizer, tokenizerOf(data, bytes));
    TokenText text{std::vector<std::int64_t>()};
    const std::string_view all = bytes;
    for (std::size_t begin = 0; begin < all.size();) {
        const std::size_t end = data.packing ? paragraphEnd(all, begin) : all.size();
        RINGSCOPE_CHECK(text.append(tokenizer, all.substr(begin, end - begin)));
        begin = end;
    }
    if (text.ids_.empty()) return emptySource(data);
    RINGSCOPE_CHECK(checkTokens(data, text.ids_, vocabSize));
    return text;
}

// A document.
Result<void> TokenText::append(const Tokenizer& tokenizer, std::string_view text) {
    RINGSCOPE_TRY(const std::vector<TokenId> ids,
                  tokenizer.encode(text, Tokenizer::Around::LeftOut));
    if (ids.empty()) return {};
    begins_.push_back(static_cast<std::int64_t>(ids_.size()));
    ids_.insert(ids_.end(), ids.begin(), ids.end());
    return {};
}

bool TokenText::beginsDocument(std::int64_t position) const {
    const std::int64_t token = position % size();
    if (token == 0) return true;
    if (ids_.empty()) return beginsParagraph(bytes_, static_cast<std::size_t>(token));
    return std::ranges::binary_search(begins_, token);
}

}  // namespace ringscope
