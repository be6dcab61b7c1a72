// The prompt that `ringscope generate` is given, as token ids.
#pragma once

#include "app/cli/command.h"
#include "backend/core/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ringscope::cli {

struct PromptSource {
    std::string text;
    std::string file;  // "-": standard input
    std::vector<std::int64_t> ids;
    bool chat = false;  // the text is a question, by the tokenizer's chat template
    std::string system;
    std::string tokenizer;  // empty: the model's
};

struct ReadPrompt {
    std::vector<std::int64_t> ids;
    std::string tokenizer{};  // its name, as Tokenizer::load() takes it; empty: there is no text
    std::vector<std::int64_t> endTokens{};  // as the tokenizer has them
};

// The tokenizer's name: `given`, where it is not empty, else the model's. That of a run is the one
// it was trained with.
Result<std::string> tokenizerOf(const std::string& given, const std::string& model,
                                const std::filesystem::path& folder, const GlobalOptions& global);

// `model` is what the user calls it, a folder or a run; its weights are in `folder`. Fails
// where there is no prompt.
Result<ReadPrompt> readPrompt(const PromptSource& source, const std::string& model,
                              const std::filesystem::path& folder, const GlobalOptions& global);

}  // namespace ringscope::cli
