// A text that is changed on its way to tokens, and which bytes of the original each byte came from.
//
//     AlignedText text("Ab", /*base=*/0, /*keepOrigins=*/true);
//     text.rewrite([&](TextWriter& out) { out.put("a", {0, 1}); out.keep({1, 2}); });
//     text.text() is "ab", text.originOf({0, 1}) is {0, 1}
#pragma once

#include "backend/core/result.h"
#include "backend/text/utf8.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ringscope {

class AlignedText;

// Collects the new text. Ranges are of the old one.
class TextWriter {
public:
    explicit TextWriter(const AlignedText& old) : old_(old) {}

    void keep(TextRange range);                        // as it was
    void put(std::string_view bytes, TextRange from);  // in place of `from`, which may be empty
    std::size_t size() const { return text_.size(); }

private:
    friend class AlignedText;
    const AlignedText& old_;
    std::string text_;
    std::vector<TextRange> origins_;
};

class AlignedText {
public:
    // `original` outlives this, and stands `base` bytes after the beginning of the whole text.
    // Without origins, originOf() must not be called once the text was changed.
    AlignedText(std::string_view original, std::size_t base, bool keepOrigins)
        : original_(original), base_(base), keepOrigins_(keepOrigins) {}

    std::string_view text() const { return changed_ ? std::string_view(own_) : original_; }
    std::size_t base() const { return base_; }
    bool keepsOrigins() const { return keepOrigins_; }

    // Bytes of the whole text that this range came from.
    TextRange originOf(TextRange range) const;

    // A part, as a text of its own; this one outlives it.
    AlignedText part(TextRange range) const;

    // Fails where so much was put into the text, or is about to be, that only a damaged or hostile
    // tokenizer does it. `more` is in bytes.
    Result<void> checkGrowth(std::size_t more = 0) const;

    template <typename Write>
    void rewrite(Write write) {
        TextWriter writer(*this);
        write(writer);
        accept(std::move(writer));
    }

private:
    friend class TextWriter;
    void accept(TextWriter&& writer);

    std::string_view original_;
    std::size_t base_ = 0;
    bool keepOrigins_ = false;
    bool changed_ = false;
    std::string own_{};
    std::vector<TextRange> origins_{};  // of each byte of own_, in the whole text
};

}  // namespace ringscope
