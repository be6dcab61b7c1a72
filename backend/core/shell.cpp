#include "backend/core/shell.h"

namespace ringscope {

std::string shellQuoted(std::string_view word) {
    std::string quoted = "'";
    for (const char c : word) {
        if (c == '\'')
            quoted += "'\\''";
        else
            quoted += c;
    }
    return quoted + "'";
}

std::string shellWord(std::string_view word) {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";
    const bool stands = !word.empty() && word.front() != '=' &&  // zsh replaces "=word" by a path
                        word.find_first_not_of(plain) == std::string_view::npos;
    return stands ? std::string(word) : shellQuoted(word);
}

std::string commandLine(const std::vector<std::string>& words) {
    std::string line;
    for (const std::string& word : words) {
        if (!line.empty()) line += ' ';
        line += shellWord(word);
    }
    return line;
}

std::string ringscopeCommand(const std::string& store, const std::vector<std::string>& arguments) {
    std::vector<std::string> words = {"ringscope"};
    if (!store.empty()) words.insert(words.end(), {"--db", store});
    words.insert(words.end(), arguments.begin(), arguments.end());
    return commandLine(words);
}

}  // namespace ringscope
