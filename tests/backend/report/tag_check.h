// Whether a page is well formed: every tag closed in order, as XML asks. Small on purpose: it reads
// what this program writes, not the web.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ringscope::reporting {

// Empty where the markup is well formed, else what is wrong with it.
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

inline std::size_t occurrences(std::string_view text, std::string_view part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos;
         at = text.find(part, at + part.size()))
        ++count;
    return count;
}

}  // namespace ringscope::reporting
