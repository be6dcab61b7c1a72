// How tokens become text again. One class for each type of tokenizer.json's "decoder".
#pragma once

#include "backend/core/result.h"

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace ringscope {

class Decoder {
public:
    virtual ~Decoder() = default;

    // Changes the pieces; in the end they are put together. They may be any bytes.
    virtual Result<void> apply(std::vector<std::string>& pieces) const = 0;
};

// `path` leads to the part, for sentences. Fails with what in it is not understood.
Result<std::unique_ptr<const Decoder>> readDecoder(const nlohmann::json& json,
                                                   const std::string& path);

// "<0x0A>" and its like as the bytes; U+FFFD for each where they are no UTF-8.
void decodeByteFallback(std::vector<std::string>& pieces);

}  // namespace ringscope
