// How a SentencePiece model changes a text before it looks for pieces: its table of replacements,
// and blanks as ▁.
#pragma once

#include "backend/text/aligned_text.h"
#include "backend/text/piece_trie.h"
#include "backend/text/sentence_model.h"

namespace ringscope {

inline constexpr std::string_view seenBlank = "\xE2\x96\x81";  // ▁

// `kept`: pieces that a user defined, which stay as they are. `text` may be any bytes.
void normalizeSentence(const SentenceModel& model, const PieceTrie& kept, AlignedText& text);

}  // namespace ringscope
