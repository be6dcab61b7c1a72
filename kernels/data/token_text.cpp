#include "kernels/data/token_text.h"

#include "backend/core/files.h"
#include "embedded/proseText.h"

#include <algorithm>

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

std::int64_t largestByte(std::string_view text) {
    unsigned char largest = 0;
    for (const char byte : text) largest = std::max(largest, static_cast<unsigned char>(byte));
    return largest;
}

}  // namespace

Result<TokenText> TokenText::open(const DataConfig& data, std::int64_t vocabSize) {
    RINGSCOPE_TRY(std::string bytes, loadText(data.source));
    if (bytes.empty())
        return Error{ErrorCode::InvalidConfig,
                     "data.source '" + data.source + "' is empty; name a file with text in it"};
    const std::int64_t largest = largestByte(bytes);
    if (largest >= vocabSize)
        return Error{ErrorCode::InvalidConfig, "data.source '" + data.source +
                                                   "' has bytes up to " + std::to_string(largest) +
                                                   ", but model.vocab_size is " +
                                                   std::to_string(vocabSize) + "; use at least " +
                                                   std::to_string(largest + 1)};
    return TokenText(std::move(bytes));
}

}  // namespace ringscope
