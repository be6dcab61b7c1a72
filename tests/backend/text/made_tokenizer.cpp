#include "tests/backend/text/made_tokenizer.h"

#include "backend/text/byte_alphabet.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <fstream>

namespace ringscope::test {

ScratchFolder::ScratchFolder() {
    std::string name = std::filesystem::temp_directory_path() / "ringscope-text-XXXXXX";
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
}

ScratchFolder::~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string ScratchFolder::write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return (path_ / name).string();
}

nlohmann::json byteLevelJson(const std::vector<std::pair<std::string, std::string>>& merges) {
    nlohmann::json vocabulary = nlohmann::json::object();
    for (int byte = 0; byte < 256; ++byte)
        vocabulary[characterOfByte(static_cast<unsigned char>(byte))] = byte;
    nlohmann::json pairs = nlohmann::json::array();
    for (const auto& [left, right] : merges) {
        vocabulary.emplace(left + right, vocabulary.size());
        pairs.push_back({left, right});
    }
    nlohmann::json file =
        jsonOf({{"type", "BPE"}, {"vocab", vocabulary}, {"merges", std::move(pairs)}});
    file["pre_tokenizer"] = {{"type", "ByteLevel"}, {"add_prefix_space", false}};
    file["decoder"] = {{"type", "ByteLevel"}};
    return file;
}

nlohmann::json jsonOf(nlohmann::json model) {
    return {{"version", "1.0"}, {"added_tokens", nlohmann::json::array()}, {"model", model}};
}

Result<Tokenizer> made(const nlohmann::json& file) {
    const ScratchFolder folder;
    return Tokenizer::load(folder.write("tokenizer.json", file.dump()));
}

std::string refusal(const nlohmann::json& file) {
    const Result<Tokenizer> tokenizer = made(file);
    if (tokenizer.ok()) return "";
    const std::string& message = tokenizer.error().message;
    const std::size_t name = message.find("': ");
    return name == std::string::npos ? message : message.substr(name + 3);
}

std::vector<std::string> piecesOf(const Tokenizer& tokenizer, std::string_view text) {
    std::vector<std::string> pieces;
    const Result<std::vector<Token>> tokens = tokenizer.tokens(text);
    EXPECT_TRUE(tokens.ok()) << tokens.error().message;
    if (tokens.ok())
        for (const Token& token : *tokens) pieces.push_back(token.piece);
    return pieces;
}

}  // namespace ringscope::test
