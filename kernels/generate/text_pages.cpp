#include "kernels/generate/text_pages.h"

#include "backend/core/sha256.h"

#include <algorithm>
#include <ranges>
#include <string_view>
#include <utility>

namespace ringscope {

std::string pageName(const std::string& before, std::span<const std::int64_t> tokens) {
    const std::string_view bytes(reinterpret_cast<const char*>(tokens.data()), tokens.size_bytes());
    return sha256(before + std::string(bytes));
}

std::vector<std::string> pageNames(std::span<const std::int64_t> tokens, std::int64_t perPage) {
    std::vector<std::string> names;
    const auto size = static_cast<std::size_t>(perPage);
    for (; tokens.size() > size; tokens = tokens.subspan(size))
        names.push_back(pageName(names.empty() ? "" : names.back(), tokens.first(size)));
    return names;
}

PagePool::PagePool(std::int64_t pages) : pages_(static_cast<std::size_t>(pages)) {
    for (std::int64_t page = pages; page > 0; --page) empty_.push_back(page - 1);
}

std::optional<std::vector<std::int64_t>> PagePool::take(std::int64_t count) {
    if (count > free()) return std::nullopt;
    while (std::ssize(empty_) < count) {
        const std::int64_t oldest = kept_.begin()->second;
        kept_.erase(kept_.begin());
        named_.erase(std::exchange(at(oldest).name, {}));
        empty_.push_back(oldest);
    }
    std::vector<std::int64_t> taken(empty_.rbegin(), empty_.rbegin() + count);
    empty_.resize(empty_.size() - static_cast<std::size_t>(count));
    for (const std::int64_t page : taken) at(page).texts = 1;
    return taken;
}

void PagePool::giveBack(const std::vector<std::int64_t>& pages) {
    for (const std::int64_t page : pages | std::views::reverse) {
        Page& own = at(page);
        if (--own.texts > 0) continue;
        if (own.name.empty()) {
            empty_.push_back(page);
            continue;
        }
        own.givenBack = ++givenBack_;
        kept_.emplace(own.givenBack, page);
    }
}

void PagePool::name(std::int64_t page, const std::string& name) {
    if (named_.emplace(name, page).second) at(page).name = name;
}

std::vector<std::int64_t> PagePool::hold(const std::vector<std::string>& names) {
    std::vector<std::int64_t> pages;
    for (const std::string& name : names) {
        const auto found = named_.find(name);
        if (found == named_.end()) break;
        Page& page = at(found->second);
        if (page.texts++ == 0) kept_.erase(page.givenBack);
        pages.push_back(found->second);
    }
    return pages;
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
