#include "backend/generate/end_tokens.h"

#include "backend/core/files.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <string>

namespace ringscope {
namespace {

constexpr std::size_t largestConfig = std::size_t{1} << 20;  // bytes
constexpr const char* endKey = "eos_token_id";

Result<std::vector<std::int64_t>> endTokensIn(const std::filesystem::path& file) {
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) return std::vector<std::int64_t>();
    RINGSCOPE_TRY(const std::string text, readFile(file, largestConfig));
    const nlohmann::json object = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!object.is_object() || !object.contains(endKey) || object[endKey].is_null())
        return std::vector<std::int64_t>();
    const nlohmann::json& told = object[endKey];
    std::vector<std::int64_t> ids;
    for (const nlohmann::json& each : told.is_array() ? told : nlohmann::json::array({told})) {
        if (!each.is_number_integer())
            return Error{ErrorCode::InvalidConfig,
                         fmt::format("{}: {} is {}; expected a token id or a list of them",
                                     file.string(), endKey, told.dump())};
        ids.push_back(each.get<std::int64_t>());
    }
    return ids;
}

}  // namespace

Result<std::vector<std::int64_t>> endTokensOf(const std::filesystem::path& folder) {
    RINGSCOPE_TRY(std::vector<std::int64_t> ids, endTokensIn(folder / "generation_config.json"));
    if (!ids.empty()) return ids;
    return endTokensIn(folder / "config.json");
}

}  // namespace ringscope
