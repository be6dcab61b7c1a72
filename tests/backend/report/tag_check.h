// Reads markup that this program wrote: whether it is well formed, and what stands where. Small on
// purpose; it is no parser for the web.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ringscope::reporting {

// Empty where every tag is closed in order, as XML asks, else what is wrong.
inline std::string tagProblem(std::string_view markup) {
    std::vector<std::string> open;
    while (true) {
        const std::size_t start = markup.find('<');
        if (start == std::string_view::npos) break;
        const std::size_t end = markup.find('>', start);
        if (end == std::string_view::npos) return "a tag is never ended";
        const std::string_view inside = markup.substr(start + 1, end - start - 1);
        markup.remove_prefix(end + 1);
        if (inside.starts_with('!') || inside.ends_with('/')) continue;
        const std::string name(inside.substr(0, inside.find_first_of(" \n")));
        if (!name.starts_with('/')) {
            open.push_back(name);
            if (name == "style") markup.remove_prefix(markup.find("</style>"));
        } else if (open.empty() || "/" + open.back() != name) {
            return "<" + name + "> closes " + (open.empty() ? "nothing" : "<" + open.back() + ">");
        } else {
            open.pop_back();
        }
    }
    return open.empty() ? "" : "<" + open.back() + "> is never closed";
}

// What stands between each `before` and the next `after`, in order.
inline std::vector<std::string> allBetween(std::string_view text, std::string_view before,
                                           std::string_view after) {
    std::vector<std::string> found;
    for (std::size_t at = text.find(before); at != std::string_view::npos;
         at = text.find(before, at)) {
        at += before.size();
        found.emplace_back(text.substr(at, text.find(after, at) - at));
    }
    return found;
}

inline std::size_t occurrences(std::string_view text, std::string_view part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos;
         at = text.find(part, at + part.size()))
        ++count;
    return count;
}

}  // namespace ringscope::reporting
