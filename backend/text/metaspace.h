// Blanks as a character that is seen: "a b" as "▁a▁b". Pre-tokenizer and decoder read the same
// keys.
#pragma once

#include "backend/text/json_part.h"
#include "backend/text/pre_tokenizer.h"

#include <cstdint>
#include <string>

namespace ringscope {

// Which texts get a blank in front: every word so far, the first of the whole text, none.
enum class PrependScheme : std::uint8_t { Always, First, Never };

struct MetaspaceOptions {
    std::string replacement{};
    PrependScheme scheme = PrependScheme::Always;
    bool split = true;
};

// Files of old versions say add_prefix_space in place of prepend_scheme.
MetaspaceOptions readMetaspaceOptions(JsonPart& part);

class MetaspacePreTokenizer : public PreTokenizer {
public:
    explicit MetaspacePreTokenizer(MetaspaceOptions options) : options_(std::move(options)) {}
    Result<void> apply(Splits& splits) const override;

private:
    MetaspaceOptions options_;
};

}  // namespace ringscope
