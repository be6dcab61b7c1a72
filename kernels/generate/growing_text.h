// One of the texts that go on from a prompt: its tokens, what of it can be told, and when it ends.
// Without libtorch.
#pragma once

#include "backend/core/result.h"
#include "backend/generate/generation_request.h"
#include "backend/generate/text_stream.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ringscope {

// What one more token brings.
struct TextGrowth {
    std::string text{};
    std::string ended{};  // why it ends, or empty
};

class GrowingText {
public:
    // Without a tokenizer there is no text, and no stop strings.
    GrowingText(const GenerationRequest& request, int number,
                const std::optional<Tokenizer>& tokenizer);

    // The next token, picked from its logits; the text is not changed. Only one that the tokenizer
    // has: a vocabulary may be rounded up.
    std::int64_t pick(std::span<const float> logits) const;

    // Must not be called after the text ended.
    Result<TextGrowth> add(std::int64_t token);

    void giveUp() { ended_ = true; }  // nothing more can be made of it

    bool ended() const { return ended_; }
    const std::vector<std::int64_t>& tokens() const { return tokens_; }  // with the prompt
    std::int64_t made() const { return made_; }                          // tokens behind the prompt
    std::int64_t last() const { return tokens_.back(); }

private:
    GenerationRequest request_;
    int number_;
    std::optional<TextStream> stream_{};
    std::size_t known_ = 0;             // ids that have a text; 0: nothing is known of them
    std::vector<std::int64_t> tokens_;  // with the prompt
    std::int64_t made_ = 0;
    bool ended_ = false;
};

}  // namespace ringscope
