// Tokenizers that others made.
#include "backend/text/json_tokenizer.h"
#include "backend/text/sentence_piece.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/targets.h"

#include <string>
#include <string_view>
#include <utility>

namespace ringscope::fuzz {
namespace {

// What is encoded has ids that have pieces, and ranges that lie in the text.
void useTokenizer(const TokenizerKind& tokenizer) {
    for (const std::string_view text : {"", "low new <s> a!", " ab  ab c1234's\n",
                                        "e\u0301é中\u200d👍🏽", "\xff\xe2\x80 a\xc3"}) {
        Encoding encoding{.wantsRanges = true, .ids = {}, .ranges = {}};
        const Result<void> encoded = tokenizer.encode(text, true, encoding);
        if (!encoded.ok()) {
            require(!encoded.error().message.empty(), "a sentence for what has no token");
            continue;
        }
        require(encoding.ids.size() == encoding.ranges.size(), "a range for each id");
        for (const TextRange range : encoding.ranges)
            require(range.begin <= range.end && range.end <= text.size(), "ranges in the text");
        for (const TokenId id : encoding.ids)
            require(tokenizer.pieceOf(id).has_value() && id < tokenizer.size(), "ids have pieces");
        Encoding plain{.wantsRanges = false, .ids = {}, .ranges = {}};
        require(tokenizer.encode(text, true, plain).ok() && plain.ids == encoding.ids,
                "the same ids with ranges and without");
        const Result<std::string> decoded = tokenizer.decode(encoding.ids, true);
        if (!decoded.ok()) require(!decoded.error().message.empty(), "a sentence for a refusal");
    }
}

}  // namespace

void tokenizerJson(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    Result<std::unique_ptr<JsonTokenizerParts>> parts = readTokenizerJson(text);
    if (!parts.ok())
        require(!parts.error().message.empty(), "a sentence for a file that cannot be read");
    else
        useTokenizer(JsonTokenizer(*std::move(parts)));
}

void sentencePiece(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const Result<std::unique_ptr<const TokenizerKind>> tokenizer = readSentencePiece(bytes);
    if (!tokenizer.ok())
        require(!tokenizer.error().message.empty(), "a sentence for a file that cannot be read");
    else
        useTokenizer(**tokenizer);
}

}  // namespace ringscope::fuzz
