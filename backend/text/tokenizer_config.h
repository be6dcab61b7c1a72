// The tokenizer_config.json that lies beside a tokenizer.json: which tokens begin and end a text.
#pragma once

#include "backend/text/tokenizer_kind.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

inline constexpr std::string_view tokenizerConfigName = "tokenizer_config.json";

// Nothing where there is no such file. A token that the tokenizer does not have is a remark. Only
// the names of tokens are read: the file is another program's, and what else it says is about that.
Result<SpecialTokens> readSpecialTokens(const std::filesystem::path& folder,
                                        const TokenizerKind& kind,
                                        std::vector<std::string>& remarks);

}  // namespace ringscope
