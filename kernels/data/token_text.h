// The text a model is trained on, as tokens. Without libtorch.
#pragma once

#include "backend/config/run_config.h"
#include "backend/core/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace ringscope {

class TokenText {
public:
    // `source` is "builtin:prose" or the path of a file, `tokenizer` is "byte": a token is a byte.
    // Refuses an empty text, and one with a byte that a vocabulary of `vocabSize` has no row for.
    static Result<TokenText> open(const DataConfig& data, std::int64_t vocabSize);

    std::int64_t size() const { return static_cast<std::int64_t>(bytes_.size()); }

    // The text repeats: after the last token comes the first, so a sequence may be of any length.
    std::int64_t at(std::int64_t position) const {
        return static_cast<unsigned char>(bytes_[static_cast<std::size_t>(position % size())]);
    }

private:
    explicit TokenText(std::string bytes) : bytes_(std::move(bytes)) {}

    std::string bytes_;
};

}  // namespace ringscope
