// What `ringscope generate` made, for people and for programs.
#pragma once

#include "backend/generate/generation.h"

#include <string>

namespace ringscope {

// Several texts, each below its number. Ends with a newline.
std::string generatedTexts(const GenerationOutcome& outcome, bool asText);

// One line, without a newline: how many tokens, how fast, and what the cache held.
std::string generationFigures(const GenerationRequest& request, const GenerationOutcome& outcome);

// schema_version, model, mode, ranks, dtype, prompt_tokens, texts[] with text, tokens[] and ended,
// tokens, first_token_s, total_s, tokens_per_s, cache_bytes, peak_bytes; ends with a newline.
std::string generationJson(const RunPlan& plan, const GenerationRequest& request,
                           const GenerationOutcome& outcome);

// Ids with a space between them.
std::string idsText(const std::vector<std::int64_t>& ids);

}  // namespace ringscope
