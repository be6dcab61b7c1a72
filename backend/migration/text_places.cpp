#include "backend/migration/text_places.h"

namespace ringscope {

std::optional<std::size_t> byteAtPosition(std::string_view text, TextPosition wanted) {
    std::size_t at = text.starts_with("\xef\xbb\xbf") ? 3 : 0;
    TextPosition here;
    for (; at < text.size(); ++at) {
        const bool continued = (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U;
        if (here == wanted && !continued) return at;
        const bool windows = text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n';
        if (text[at] == '\n' || (text[at] == '\r' && !windows))
            here = {here.line + 1, 1};
        else if (!continued && !windows)
            ++here.column;
    }
    return std::nullopt;
}

}  // namespace ringscope
