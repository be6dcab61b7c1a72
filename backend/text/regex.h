// Regular expressions as tokenizer.json files write them: Oniguruma's, found by PCRE2.
//
//     \s \w \d   White_Space; letters, marks, digits and connectors; decimal digits
//     ^ $        beginnings and ends of lines
//
// What the two read differently (&& in a class, \h, (?m), {1,3}+) is refused.
#pragma once

#include "backend/core/result.h"
#include "backend/text/utf8.h"

#include <memory>
#include <string_view>
#include <vector>

namespace ringscope {

class Regex {
public:
    static Result<Regex> compile(std::string_view pattern);

    // Matches from left to right, none inside another; they are added to `found`. A byte that is
    // part of no character is in no match. Fails where a pattern tries too much on this text.
    Result<void> findAll(std::string_view text, std::vector<TextRange>& found) const;

private:
    struct Code;
    explicit Regex(std::shared_ptr<const Code> code) : code_(std::move(code)) {}

    std::shared_ptr<const Code> code_;
};

}  // namespace ringscope
