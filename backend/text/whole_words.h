// Models without merges and scores: WordPiece takes the longest piece each time, WordLevel the
// whole word or nothing.
#pragma once

#include "backend/text/json_part.h"
#include "backend/text/vocabulary.h"
#include "backend/text/word_model.h"

#include <memory>

namespace ringscope {

// `vocabulary` outlives the models.
Result<std::unique_ptr<WordModel>> readWordPiece(JsonPart& part, const Vocabulary& vocabulary);
Result<std::unique_ptr<WordModel>> readWordLevel(JsonPart& part, const Vocabulary& vocabulary);

}  // namespace ringscope
