#include "backend/text/tokenizer_config.h"

#include "backend/core/files.h"
#include "backend/text/json_part.h"

#include <nlohmann/json.hpp>
#include <optional>

namespace ringscope {
namespace {

// "<s>", or {"content": "<s>", …}.
std::optional<std::string> namedPiece(const nlohmann::json& config, const char* key) {
    const auto found = config.find(key);
    if (found == config.end()) return std::nullopt;
    if (found->is_string()) return found->get<std::string>();
    if (!found->is_object() || !found->contains("content") || !(*found)["content"].is_string())
        return std::nullopt;
    return (*found)["content"].get<std::string>();
}

}  // namespace

Result<SpecialTokens> readSpecialTokens(const std::filesystem::path& folder,
                                        const TokenizerKind& kind,
                                        std::vector<std::string>& remarks) {
    SpecialTokens tokens;
    const std::filesystem::path path = folder / tokenizerConfigName;
    std::error_code failed;
    if (!std::filesystem::exists(path, failed)) return tokens;
    RINGSCOPE_TRY(const std::string text, readTextFile(path));
    Result<nlohmann::json> config = parseJson(text);
    if (!config.ok()) return std::move(config).error().in("'" + path.string() + "'");
    if (!config->is_object()) return tokens;
    const std::pair<const char*, std::optional<TokenId>*> rows[] = {
        {"bos_token", &tokens.beginning},
        {"eos_token", &tokens.end},
        {"pad_token", &tokens.padding},
        {"unk_token", &tokens.unknown}};
    for (const auto& [key, id] : rows) {
        const std::optional<std::string> piece = namedPiece(*config, key);
        if (!piece) continue;
        *id = kind.idOf(*piece);
        if (!*id)
            remarks.push_back(std::string(tokenizerConfigName) + " says " + key + " is '" + *piece +
                              "', which is no piece of the tokenizer");
    }
    return tokens;
}

}  // namespace ringscope
