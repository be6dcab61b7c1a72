// The text of tokens as they are made, in whole characters, up to the first stop string.
//
//     TextStream stream(tokenizer, prompt, {"\n\n"});
//     stream.add(token)     what of the text is certain now, may be empty
//     stream.finish()       the rest
//
// A token's text depends on those before it: a space between words belongs to the second one, and a
// character may be made of several tokens. So what is told is what a longer run of tokens has more
// than a shorter one.
#pragma once

#include "backend/core/result.h"
#include "backend/text/tokenizer.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

class TextStream {
public:
    // `before`: the tokens that the text follows.
    TextStream(Tokenizer tokenizer, const std::vector<std::int64_t>& before,
               std::vector<std::string> stops);

    // Fails for a token that the tokenizer does not have.
    Result<std::string> add(std::int64_t token);

    // The rest; bytes that are part of no character are U+FFFD.
    Result<std::string> finish();

    // A stop string came. Nothing of it is told, nor of what follows.
    bool stopped() const { return stopped_; }

private:
    Result<std::string> more(bool last);
    std::string told(std::string_view more, bool last);

    Tokenizer tokenizer_;
    std::vector<std::string> stops_;
    std::vector<TokenId> ids_;
    std::size_t context_ = 0;  // ids from here on are decoded
    std::size_t known_ = 0;    // ids whose text was told, or is held back for a stop string
    std::string held_{};
    bool stopped_ = false;
};

}  // namespace ringscope
