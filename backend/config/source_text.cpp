#include "backend/config/source_text.h"

#include "backend/config/value_text.h"

#include <algorithm>

namespace ringscope {
namespace {

std::string normalised(std::string_view raw) {
    if (raw.starts_with("\xef\xbb\xbf")) raw.remove_prefix(3);
    std::string text;
    text.reserve(raw.size());
    for (std::size_t at = 0; at < raw.size(); ++at) {
        if (raw[at] != '\r')
            text += raw[at];
        else if (at + 1 == raw.size() || raw[at + 1] != '\n')
            text += '\n';
    }
    return text;
}

}  // namespace

SourceText::SourceText(std::string_view raw) : text_(normalised(raw)), lines_{0}, characters_{0} {
    characters_.reserve(text_.size() + 1);
    for (std::size_t at = 0; at < text_.size(); ++at) {
        const bool continued = (static_cast<unsigned char>(text_[at]) & 0xc0U) == 0x80U;
        characters_.push_back(characters_.back() + (continued ? 0 : 1));
        if (text_[at] == '\n') lines_.push_back(at + 1);
    }
}

std::size_t SourceText::firstForbidden() const {
    const std::string_view text = text_;
    std::size_t at = 0;
    for (;;) {
        at += firstUnprintable(text.substr(at));
        if (at == text.size() || (text[at] != '\n' && text[at] != '\t')) return at;
        ++at;
    }
}

TextPosition SourceText::positionOf(std::size_t byte) const {
    const auto next = std::ranges::upper_bound(lines_, byte);
    return position(static_cast<std::size_t>(next - lines_.begin()) - 1, byte);
}

TextPosition SourceText::positionOf(int line, int byteInLine) const {
    const auto known = std::min(static_cast<std::size_t>(std::max(line, 0)), lines_.size() - 1);
    return position(known, byteAt(line, byteInLine));
}

bool SourceText::quoteIsClosed(int line, int byteInLine) const {
    std::size_t open = byteAt(line, byteInLine);
    while (open < text_.size() && (text_[open] == '&' || text_[open] == '!')) {
        open = std::min(text_.find_first_of(" \t\n", open), text_.size());
        open = std::min(text_.find_first_not_of(" \t\n", open), text_.size());
    }
    if (open == text_.size() || (text_[open] != '\'' && text_[open] != '"')) return true;
    const char quote = text_[open];
    for (std::size_t at = open + 1; at < text_.size(); ++at) {
        if (quote == '"' && text_[at] == '\\')
            ++at;
        else if (quote == '\'' && std::string_view(text_).substr(at, 2) == "''")
            ++at;
        else if (text_[at] == quote)
            return true;
    }
    return false;
}

std::size_t SourceText::byteAt(int line, int byteInLine) const {
    const auto known = std::min(static_cast<std::size_t>(std::max(line, 0)), lines_.size() - 1);
    const auto within = static_cast<std::size_t>(std::max(byteInLine, 0));
    return std::min(lines_[known] + within, text_.size());
}

TextPosition SourceText::position(std::size_t line, std::size_t byte) const {
    const std::size_t end = std::min(byte, text_.size());
    return {static_cast<int>(line) + 1, characters_[end] - characters_[lines_[line]] + 1};
}

}  // namespace ringscope
