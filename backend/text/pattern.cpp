#include "backend/text/pattern.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace ringscope {

Pattern Pattern::ofText(std::string text) {
    Pattern pattern;
    pattern.text_ = std::move(text);
    return pattern;
}

Result<Pattern> Pattern::ofRegex(std::string_view regex) {
    Pattern pattern;
    RINGSCOPE_TRY(pattern.regex_, Regex::compile(regex));
    return pattern;
}

Result<Pattern> Pattern::read(JsonPart& part) {
    JsonPart inner(part.object("pattern"), part.pathOf("pattern"));
    const bool isRegex = inner.value("Regex") != nullptr;
    const std::string words = inner.text(isRegex ? "Regex" : "String");
    RINGSCOPE_CHECK(inner.done());
    if (!isRegex) return ofText(words);
    Result<Pattern> made = ofRegex(words);
    if (!made.ok()) return std::move(made).error().in(inner.path());
    return made;
}

Result<void> Pattern::findAll(std::string_view text, std::vector<TextRange>& found) const {
    if (regex_) return regex_->findAll(text, found);
    if (text_.empty()) return {};
    for (std::size_t at = text.find(text_); at != std::string_view::npos;
         at = text.find(text_, at + text_.size()))
        found.push_back({at, at + text_.size()});
    return {};
}

}  // namespace ringscope
