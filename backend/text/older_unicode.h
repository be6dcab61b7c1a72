// Where Unicode has moved on since the tables that Hugging Face's tokenizers use. A tokenizer was
// trained with those, and a text has to have the same tokens here: a sign of Unicode 13, say, is no
// punctuation to them. Their categories are those of Unicode 8, their normal forms of Unicode 9;
// what the functions here are true for has the opposite answer there than in Unicode 15.
#pragma once

namespace ringscope {

bool punctuationIsNewer(char32_t character);
bool nonspacingIsNewer(char32_t character);
bool controlIsNewer(char32_t character);
bool markIsNewer(char32_t character);

// Such a character is left as it is by every normal form, and combines with nothing.
bool formIsNewer(char32_t character);

}  // namespace ringscope
