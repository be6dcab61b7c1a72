// What a model is trained on, as tokens: documents, one after another. Without libtorch.
#pragma once

#include "backend/config/run_config.h"
#include "backend/core/result.h"
#include "backend/text/token_cache.h"
#include "backend/text/token_file.h"
#include "backend/text/tokenizer.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace ringscope {

// How far the tokens are. `total` is 0 while another process makes them.
struct ReadingProgress {
    std::int64_t bytes = 0;
    std::int64_t total = 0;
};

struct ReadingOptions {
    TokenCache cache = TokenCache::ofUser();
    // Sources of fewer bytes are read anew every time.
    std::int64_t leastCached = 1 << 20;
    // Called again and again on the calling thread; false gives up.
    std::function<bool(const ReadingProgress&)> progress{};
};

// Tokens [begin, end).
struct TokenStretch {
    std::int64_t begin = 0;
    std::int64_t end = 0;

    std::int64_t size() const { return end - begin; }
    bool operator==(const TokenStretch&) const = default;
};

class TokenText {
public:
    // The documents of data.source by data.tokenizer and train.task. Fails with one sentence, which
    // names file, line and column where they are wrong, and where a token has no row in
    // model.vocab_size; with Cancelled where `progress` gives up.
    static Result<TokenText> open(const RunConfig& config, const ReadingOptions& options = {});
    static Result<TokenText> open(const DataConfig& data, std::int64_t vocabSize);

    const TokenFacts& facts() const { return parts_.facts; }
    std::int64_t size() const { return parts_.facts.tokens; }

    // The text repeats: after the last token comes the first, so a sequence may be of any length.
    std::int64_t at(std::int64_t position) const;

    // Whether the token is one that is learned.
    bool learned(std::int64_t position) const;

    // Whether a document begins with this token.
    bool beginsDocument(std::int64_t position) const;

    std::int64_t documents() const { return parts_.facts.documents; }
    TokenStretch document(std::int64_t number) const;

private:
    struct Bytes;
    TokenText(std::shared_ptr<const Bytes> bytes, TokenParts parts)
        : bytes_(std::move(bytes)), parts_(std::move(parts)) {}
    static Result<TokenText> of(std::shared_ptr<const Bytes> bytes);
    static Result<TokenText> ofFile(const std::filesystem::path& file);
    static Result<TokenText> unchecked(const RunConfig& config, const ReadingOptions& options);
    std::int64_t beginOf(std::int64_t document) const;

    std::shared_ptr<const Bytes> bytes_;
    TokenParts parts_;
};

// What data.tokenizer is for this source; `char` reads the source for its characters.
Result<Tokenizer> tokenizerOf(const RunConfig& config);

}  // namespace ringscope
