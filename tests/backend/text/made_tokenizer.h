// Small tokenizers for tests: the JSON of a file, and the tokenizer it makes.
#pragma once

#include "backend/text/tokenizer.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace ringscope::test {

// A folder of its own, gone with it.
class ScratchFolder {
public:
    ScratchFolder();
    ~ScratchFolder();
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;

    std::string write(const std::string& name, const std::string& text) const;
    std::string path() const { return path_.string(); }

private:
    std::filesystem::path path_;
};

// Byte-level BPE over all bytes; each merge, like {"l", "o"}, makes a piece.
nlohmann::json byteLevelJson(const std::vector<std::pair<std::string, std::string>>& merges);

// A model, and nothing around it.
nlohmann::json jsonOf(nlohmann::json model);

Result<Tokenizer> made(const nlohmann::json& file);
// The sentence that the file is refused with, without the file's name; empty where it is not.
std::string refusal(const nlohmann::json& file);

std::vector<std::string> piecesOf(const Tokenizer& tokenizer, std::string_view text);

}  // namespace ringscope::test
