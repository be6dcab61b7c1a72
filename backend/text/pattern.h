// What Replace and Split look for: a text, or a regular expression.
#pragma once

#include "backend/core/result.h"
#include "backend/text/json_part.h"
#include "backend/text/regex.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

class Pattern {
public:
    // {"String": " "} or {"Regex": "\\s+"} of the key "pattern".
    static Result<Pattern> read(JsonPart& part);
    static Result<Pattern> ofRegex(std::string_view regex);
    static Pattern ofText(std::string text);

    // Adds the matches from left to right, none inside another.
    Result<void> findAll(std::string_view text, std::vector<TextRange>& found) const;

private:
    Pattern() = default;

    std::string text_{};
    std::optional<Regex> regex_{};
};

}  // namespace ringscope
