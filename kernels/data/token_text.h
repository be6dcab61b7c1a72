// The text a model is trained on, as tokens. Without libtorch.
#pragma once

#include "backend/config/run_config.h"
#include "backend/core/result.h"
#include "backend/text/tokenizer.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ringscope {

class TokenText {
public:
    // `source` is "builtin:prose" or the path of a file, `tokenizer` as data.tokenizer has it: by
    // `byte` a token is a byte of the text; by `ids` the file is a .npy file of token ids, of any
    // shape. Tokens that a tokenizer puts around a text are left out. Refuses an empty text, and
    // one with a token that a vocabulary of `vocabSize` has no row for.
    static Result<TokenText> open(const DataConfig& data, std::int64_t vocabSize);

    std::int64_t size() const {
        return static_cast<std::int64_t>(ids_.empty() ? bytes_.size() : ids_.size());
    }

    // The text repeats: after the last token comes the first, so a sequence may be of any length.
    std::int64_t at(std::int64_t position) const {
        const auto token = static_cast<std::size_t>(position % size());
        return ids_.empty() ? static_cast<unsigned char>(bytes_[token]) : ids_[token];
    }

    // Whether a document begins with this token: the first of the text, and in text by data.packing
    // the first of a paragraph, which an empty line ends.
    bool beginsDocument(std::int64_t position) const;

private:
    explicit TokenText(std::string bytes) : bytes_(std::move(bytes)) {}
    explicit TokenText(std::vector<std::int64_t> ids) : ids_(std::move(ids)) {}
    Result<void> append(const Tokenizer& tokenizer, std::string_view text);

    std::string bytes_;
    std::vector<std::int64_t> ids_;     // empty: each byte is a token
    std::vector<std::int64_t> begins_;  // of documents among the ids, ascending
};

}  // namespace ringscope
