// Fields of a CSV file, as RFC 4180 and spreadsheets read them.
//
//     csvField("a,b")    "a,b" in quotes
//     csvText("=1+1")    '=1+1
//     csvField("-3")     -3: a number is no formula
#pragma once

#include <string>
#include <string_view>

namespace ringscope {

// In quotes where the value holds a comma, a quote or a line end; its quotes are doubled.
std::string csvField(std::string_view value);

// With an apostrophe in front of what a spreadsheet would run as a formula: text that begins with
// one of = + - @, a tab or a carriage return. For every text that the program did not write itself.
std::string withoutFormula(std::string_view text);

// A text as a field: csvField(withoutFormula(text)).
std::string csvText(std::string_view text);

}  // namespace ringscope
