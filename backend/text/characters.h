// What Unicode says of a character, and the normal forms of text, as tokenizers were trained with
// them (older_unicode.h).
#pragma once

#include <string>
#include <string_view>

namespace ringscope {

bool isWhiteSpace(char32_t character);       // property White_Space
bool isPunctuation(char32_t character);      // categories P; of ASCII also symbols like $ and +
bool isNumber(char32_t character);           // categories N
bool isMark(char32_t character);             // categories M
bool isNonspacingMark(char32_t character);   // category Mn
bool isControlOrFormat(char32_t character);  // categories Cc, Cf, Co
bool isWordCharacter(char32_t character);    // letters, marks, decimal digits, connectors
bool isIdeograph(char32_t character);        // Chinese characters, as BERT counts them

void appendLower(std::string& text, char32_t character);

enum class NormalForm { C, D, KC, KD };

// Whether a normal form is that of the text before this character and the rest of it apart.
bool beginsApart(char32_t character, NormalForm form);

// `text` is UTF-8. One that has no normal form (it is too long) stays as it is.
std::string inNormalForm(std::string_view text, NormalForm form);

// Whether a grapheme ends between two characters; `state` is 0 before the first of a text.
bool graphemeEndsBetween(char32_t before, char32_t after, int& state);

}  // namespace ringscope
