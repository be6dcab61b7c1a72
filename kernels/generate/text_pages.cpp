#include "kernels/generate/text_pages.h"

#include <algorithm>

namespace ringscope {

PagePool::PagePool(std::int64_t pages) : pages_(pages) {
    for (std::int64_t page = pages; page > 0; --page) free_.push_back(page - 1);
}

std::optional<std::vector<std::int64_t>> PagePool::take(std::int64_t count) {
    if (count > free()) return std::nullopt;
    std::vector<std::int64_t> taken(free_.rbegin(), free_.rbegin() + count);
    free_.resize(free_.size() - static_cast<std::size_t>(count));
    return taken;
}

void PagePool::giveBack(const std::vector<std::int64_t>& pages) {
    free_.insert(free_.end(), pages.rbegin(), pages.rend());
}

std::vector<SlotStretch> slotsOf(const std::vector<std::int64_t>& pages, TokenSpan tokens) {
    std::vector<SlotStretch> found;
    std::int64_t token = tokens.begin;
    while (token < tokens.end) {
        const std::int64_t page = token / tokensOfPage;
        const std::int64_t end = std::min(tokens.end, (page + 1) * tokensOfPage);
        const std::int64_t held = pages[static_cast<std::size_t>(page % std::ssize(pages))];
        const std::int64_t slot = held * tokensOfPage + token % tokensOfPage;
        if (!found.empty() && found.back().slot + found.back().count == slot)
            found.back().count += end - token;
        else
            found.push_back({slot, token, end - token});
        token = end;
    }
    return found;
}

}  // namespace ringscope
