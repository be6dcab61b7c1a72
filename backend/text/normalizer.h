// What a tokenizer changes in a text before it cuts it into words: normal forms, case, accents,
// blanks. One class for each type of tokenizer.json's "normalizer".
#pragma once

#include "backend/core/result.h"
#include "backend/text/aligned_text.h"

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace ringscope {

class Normalizer {
public:
    virtual ~Normalizer() = default;
    virtual Result<void> apply(AlignedText& text) const = 0;
};

// `path` leads to the part, for sentences. Fails with what in it is not understood.
Result<std::unique_ptr<const Normalizer>> readNormalizer(const nlohmann::json& json,
                                                         const std::string& path);

}  // namespace ringscope
