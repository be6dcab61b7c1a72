// The words of a query: names, signs, values and parentheses, each with its place in the text.
#pragma once

#include "backend/core/result.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope::query {

enum class WordKind {
    Text,    // a name, a value or a word to look for
    Quoted,  // the same between quotes: never `and`, `or` or `not`
    Sign,    // = != < <= > >= ~
    Open,
    Close,
    End,
};

struct Word {
    WordKind kind = WordKind::End;
    std::string text{};
    std::size_t column = 1;  // of its first character; columns are bytes
};

// The last word is End. A sign ends a text, blanks around it do not matter:
// "loss < 3" and "loss<3" are the same.
Result<std::vector<Word>> queryWords(std::string_view text, std::string_view where);

// "--where:8: ": how a message about this column begins.
std::string placeOf(std::string_view where, std::size_t column);

}  // namespace ringscope::query
