// The tokenizer of a SentencePiece .model: Unigram or BPE, with the normalizer that is in the file.
#pragma once

#include "backend/text/tokenizer_kind.h"

#include <memory>
#include <string_view>

namespace ringscope {

// Reads the bytes of a file. Fails with what in it is not understood.
Result<std::unique_ptr<const TokenizerKind>> readSentencePiece(std::string_view bytes);

}  // namespace ringscope
