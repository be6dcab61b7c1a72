#include "backend/text/aligned_text.h"

#include <algorithm>

namespace ringscope {

void TextWriter::keep(TextRange range) {
    text_ += slice(old_.text(), range);
    if (!old_.keepOrigins_) return;
    if (old_.changed_) {
        const auto first = old_.origins_.begin() + static_cast<std::ptrdiff_t>(range.begin);
        origins_.insert(origins_.end(), first, first + static_cast<std::ptrdiff_t>(range.size()));
        return;
    }
    for (std::size_t at = range.begin; at < range.end; ++at)
        origins_.push_back({old_.base_ + at, old_.base_ + at + 1});
}

void TextWriter::put(std::string_view bytes, TextRange from) {
    text_ += bytes;
    if (old_.keepOrigins_) origins_.insert(origins_.end(), bytes.size(), old_.originOf(from));
}

TextRange AlignedText::originOf(TextRange range) const {
    if (!changed_) return {base_ + range.begin, base_ + range.end};
    if (origins_.empty()) return {base_, base_};
    if (range.begin >= range.end) {
        const std::size_t at =
            range.begin < origins_.size() ? origins_[range.begin].begin : origins_.back().end;
        return {at, at};
    }
    TextRange origin = origins_[range.begin];
    for (std::size_t at = range.begin + 1; at < range.end; ++at) {
        origin.begin = std::min(origin.begin, origins_[at].begin);
        origin.end = std::max(origin.end, origins_[at].end);
    }
    return origin;
}

Result<void> AlignedText::checkGrowth(std::size_t more) const {
    constexpr std::size_t always = 1 << 20;  // bytes
    constexpr std::size_t factor = 64;
    const std::size_t bytes = text().size() + more;
    if (bytes <= always || bytes / factor <= original_.size()) return {};
    return Error{ErrorCode::InvalidConfig,
                 "the tokenizer makes " + std::to_string(bytes) + " bytes of " +
                     std::to_string(original_.size()) +
                     " before it cuts them into words; use another tokenizer"};
}

AlignedText AlignedText::part(TextRange range) const {
    if (!changed_) return {slice(original_, range), base_ + range.begin, keepOrigins_};
    AlignedText part(slice(text(), range), base_, keepOrigins_);
    if (!keepOrigins_) return part;
    part.own_ = slice(text(), range);
    part.changed_ = true;
    const auto first = origins_.begin() + static_cast<std::ptrdiff_t>(range.begin);
    part.origins_.assign(first, first + static_cast<std::ptrdiff_t>(range.size()));
    part.base_ = originOf(range).begin;
    return part;
}

void AlignedText::accept(TextWriter&& writer) {
    own_ = std::move(writer.text_);
    origins_ = std::move(writer.origins_);
    changed_ = true;
}

}  // namespace ringscope
