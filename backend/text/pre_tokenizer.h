// How a tokenizer cuts a text into words. One class for each type of tokenizer.json's
// "pre_tokenizer".
#pragma once

#include "backend/core/result.h"
#include "backend/text/splits.h"

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace ringscope {

class PreTokenizer {
public:
    virtual ~PreTokenizer() = default;
    virtual Result<void> apply(Splits& splits) const = 0;

    // Whether the words it leaves are bytes written as characters (byte_alphabet.h).
    virtual bool endsInByteCharacters() const { return false; }
    // As apply(), but the words are left as bytes. Only where endsInByteCharacters().
    virtual Result<void> applyToBytes(Splits& splits) const { return apply(splits); }
};

// `path` leads to the part, for sentences. Fails with what in it is not understood.
Result<std::unique_ptr<const PreTokenizer>> readPreTokenizer(const nlohmann::json& json,
                                                             const std::string& path);

}  // namespace ringscope
