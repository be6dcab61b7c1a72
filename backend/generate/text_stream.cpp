#include "backend/generate/text_stream.h"

#include "backend/text/utf8.h"

#include <algorithm>
#include <span>
#include <utility>

namespace ringscope {
namespace {

constexpr std::size_t contextTokens = 6;     // before a text
constexpr std::size_t longestCharacter = 8;  // tokens that make one
constexpr std::string_view replacement = "\xef\xbf\xbd";

// Whether the last bytes may become a character.
bool endsUnfinished(std::string_view text) {
    if (text.ends_with(replacement)) return true;
    for (std::size_t bytes = 1; bytes <= std::min<std::size_t>(3, text.size()); ++bytes) {
        const std::size_t at = text.size() - bytes;
        const auto lead = static_cast<unsigned char>(text[at]);
        const bool begins = lead >= 0xc2 && lead <= 0xf4 && isStray(characterAt(text, at).value);
        if (begins && endOfBeginning(text, at) == text.size()) return true;
    }
    return false;
}

// The longest end of `text` with which a stop string begins.
std::size_t possibleStop(std::string_view text, const std::vector<std::string>& stops) {
    std::size_t longest = 0;
    for (const std::string& stop : stops)
        for (std::size_t bytes = std::min(text.size(), stop.size() - 1); bytes > longest; --bytes)
            if (text.ends_with(std::string_view(stop).substr(0, bytes))) longest = bytes;
    return longest;
}

}  // namespace

TextStream::TextStream(Tokenizer tokenizer, const std::vector<std::int64_t>& before,
                       std::vector<std::string> stops)
    : tokenizer_(std::move(tokenizer)), stops_(std::move(stops)) {
    std::erase(stops_, "");
    const std::size_t context = std::min(contextTokens, before.size());
    for (std::size_t i = before.size() - context; i < before.size(); ++i)
        ids_.push_back(static_cast<TokenId>(before[i]));
    known_ = ids_.size();
}

Result<std::string> TextStream::add(std::int64_t token) {
    if (stopped_) return std::string();
    ids_.push_back(static_cast<TokenId>(token));
    return more(/*last=*/false);
}

Result<std::string> TextStream::finish() {
    if (stopped_) return std::string();
    return more(/*last=*/true);
}

Result<std::string> TextStream::more(bool last) {
    const std::span<const TokenId> all(ids_);
    RINGSCOPE_TRY(const std::string before,
                  tokenizer_.decode(all.subspan(context_, known_ - context_)));
    RINGSCOPE_TRY(const std::string text, tokenizer_.decode(all.subspan(context_)));
    const bool grows = text.size() > before.size();
    const bool waits = !grows || (endsUnfinished(text) && ids_.size() - known_ < longestCharacter);
    if (waits && !last) return std::string();
    const std::string added =
        grows ? wellFormed(std::string_view(text).substr(before.size())) : std::string();
    context_ = known_;
    known_ = ids_.size();
    return told(added, last);
}

std::string TextStream::told(std::string_view more, bool last) {
    held_ += more;
    std::size_t end = std::string::npos;
    for (const std::string& stop : stops_) end = std::min(end, held_.find(stop));
    if (end != std::string::npos) {
        stopped_ = true;
        held_.resize(end);
        return std::exchange(held_, {});
    }
    const std::size_t kept = last ? 0 : possibleStop(held_, stops_);
    std::string sure = held_.substr(0, held_.size() - kept);
    held_.erase(0, sure.size());
    return sure;
}

}  // namespace ringscope
