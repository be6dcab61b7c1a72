#include "backend/query/query_words.h"

#include <fmt/format.h>

namespace ringscope::query {
namespace {

bool isBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool isSign(char c) { return std::string_view("=!<>~").find(c) != std::string_view::npos; }
bool isQuote(char c) { return c == '"' || c == '\''; }

}  // namespace

std::string placeOf(std::string_view where, std::size_t column) {
    return fmt::format("{}:{}: ", where, column);
}

Result<std::vector<Word>> queryWords(std::string_view text, std::string_view where) {
    std::vector<Word> words;
    std::size_t at = 0;
    while (at < text.size()) {
        const char c = text[at];
        const std::size_t column = at + 1;
        if (isBlank(c)) {
            ++at;
        } else if (c == '(' || c == ')') {
            words.push_back(
                {c == '(' ? WordKind::Open : WordKind::Close, std::string(1, c), column});
            ++at;
        } else if (isSign(c)) {
            const bool two = at + 1 < text.size() && text[at + 1] == '=' && c != '=' && c != '~';
            words.push_back({WordKind::Sign, std::string(text.substr(at, two ? 2 : 1)), column});
            at += two ? 2 : 1;
            if (words.back().text == "!")
                return Error{ErrorCode::InvalidConfig,
                             placeOf(where, column) + "write != for 'is not', or not before it"};
        } else if (isQuote(c)) {
            const std::size_t end = text.find(c, at + 1);
            if (end == std::string_view::npos)
                return Error{ErrorCode::InvalidConfig,
                             placeOf(where, column) + "the quote is not closed; write another " +
                                 std::string(1, c)};
            words.push_back(
                {WordKind::Quoted, std::string(text.substr(at + 1, end - at - 1)), column});
            at = end + 1;
        } else {
            std::size_t end = at;
            while (end < text.size() && !isBlank(text[end]) && !isSign(text[end]) &&
                   text[end] != '(' && text[end] != ')')
                ++end;
            words.push_back({WordKind::Text, std::string(text.substr(at, end - at)), column});
            at = end;
        }
    }
    words.push_back({WordKind::End, "", text.size() + 1});
    return words;
}

}  // namespace ringscope::query
