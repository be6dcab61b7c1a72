#include "backend/report/tokens_text.h"

#include "backend/core/units.h"
#include "backend/report/json_rows.h"
#include "backend/report/run_json.h"
#include "backend/report/wording.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <optional>

namespace ringscope {
namespace {

nlohmann::json idOrNull(const std::optional<TokenId>& id) {
    return id ? nlohmann::json(*id) : nlohmann::json();
}

}  // namespace

std::string tokensText(const TokenizedText& text) {
    std::string table = fmt::format("{:>8}  {:>17}  {}\n", "id", "bytes", "piece");
    for (const Token& token : text.tokens)
        table += fmt::format("{:>8}  {:>17}  {}\n", token.id,
                             fmt::format("{}-{}", token.range.begin, token.range.end),
                             reporting::printableLine(token.piece));
    const auto count = static_cast<std::int64_t>(text.tokens.size());
    return table + fmt::format("\n{} token{} of {} bytes; the vocabulary has {} ids\n",
                               formatCount(count), count == 1 ? "" : "s",
                               formatCount(static_cast<std::int64_t>(text.bytes)),
                               formatCount(text.vocabularySize));
}

std::string tokensJson(const TokenizedText& text) {
    nlohmann::json ids = nlohmann::json::array();
    nlohmann::json pieces = nlohmann::json::array();
    nlohmann::json begins = nlohmann::json::array();
    nlohmann::json ends = nlohmann::json::array();
    for (const Token& token : text.tokens) {
        ids.push_back(token.id);
        pieces.push_back(token.piece);
        begins.push_back(token.range.begin);
        ends.push_back(token.range.end);
    }
    return reporting::jsonDump(nlohmann::json{{"schema_version", jsonSchemaVersion},
                                              {"tokenizer",
                                               {{"name", text.tokenizer},
                                                {"vocabulary_size", text.vocabularySize},
                                                {"hash", text.hash},
                                                {"bos_id", idOrNull(text.special.beginning)},
                                                {"eos_id", idOrNull(text.special.end)},
                                                {"pad_id", idOrNull(text.special.padding)}}},
                                              {"file", text.file},
                                              {"bytes", text.bytes},
                                              {"ids", std::move(ids)},
                                              {"pieces", std::move(pieces)},
                                              {"begins", std::move(begins)},
                                              {"ends", std::move(ends)}});
}

}  // namespace ringscope
