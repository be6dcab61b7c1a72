// Small operations on text that the standard library lacks.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

std::string_view trim(std::string_view text);
std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string toLower(std::string_view text);

// Whether the text holds a character that turns the direction of what follows, or ends a line: a
// name with one is read as another.
bool turnsDirection(std::string_view text);

// The candidate that a mistyped word most likely means; nothing where none is similar.
std::optional<std::string> nearestWord(std::string_view word,
                                       const std::vector<std::string>& candidates);

}  // namespace ringscope
