// The text of a file as the parser gets it, and the line and column of each of its bytes.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

// 1-based; columns count characters, not bytes.
struct TextPosition {
    int line = 1;
    int column = 1;

    auto operator<=>(const TextPosition&) const = default;
};

class SourceText {
public:
    // Leaves a byte order mark out and ends every line with \n.
    explicit SourceText(std::string_view raw);

    const std::string& text() const { return text_; }

    // The first byte that a text file must not have: a control character, broken UTF-8. The text's
    // size where there is none.
    std::size_t firstForbidden() const;

    // Arguments count from 0, as parsers do. Outside the text: the nearest position in it.
    TextPosition positionOf(std::size_t byte) const;
    TextPosition positionOf(int line, int byteInLine) const;

    // Whether the quotes of the YAML scalar that begins here, possibly after an anchor, are closed.
    // True where it has none.
    bool quoteIsClosed(int line, int byteInLine) const;

private:
    std::size_t byteAt(int line, int byteInLine) const;
    TextPosition position(std::size_t line, std::size_t byte) const;

    std::string text_;
    std::vector<std::size_t> lines_;  // first byte of each
    std::vector<int> characters_;     // characters_[i] begin before byte i
};

}  // namespace ringscope
