// The tokenizer that a run was trained with, beside the weights that it leaves: what reads the
// folder needs no text of the run. Bytes and characters become a tokenizer.json that other programs
// read, too.
#pragma once

#include "backend/config/run_config.h"
#include "backend/core/result.h"
#include "backend/text/tokenizer.h"

#include <filesystem>
#include <string>

namespace ringscope {

// A tokenizer of bytes or of characters as a tokenizer.json.
std::string bytesAsTokenizerJson();
std::string charactersAsTokenizerJson(const Tokenizer& characters);

// Into a folder that exists. Nothing where tokens stand for no text: data.tokenizer ids, recall.
Result<void> writeTokenizer(const RunConfig& config, const std::filesystem::path& folder);

}  // namespace ringscope
