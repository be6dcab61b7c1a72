// Writes HTML and SVG. Text and attribute values are escaped here and nowhere else, so nothing a
// user named can become markup.
//
//     Markup page;
//     page.open("p", {{"class", "note"}}).text("a < b").close();      <p class="note">a &lt; b</p>
//
// Tags and attribute names are the program's own words; every opened tag is closed by its writer.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ringscope::reporting {

using Attributes = std::vector<std::pair<std::string_view, std::string>>;

class Markup {
public:
    Markup& open(std::string_view tag, const Attributes& attributes = {});
    Markup& close();  // the innermost
    Markup& text(std::string_view text);
    Markup& element(std::string_view tag, std::string_view text, const Attributes& attributes = {});
    Markup& empty(std::string_view tag, const Attributes& attributes = {});
    Markup& raw(std::string_view trusted);  // style sheets and markup written by another Markup
    Markup& append(const Markup& part) { return raw(part.written()); }

    const std::string& written() const { return out_; }

private:
    void start(std::string_view tag, const Attributes& attributes);

    std::string out_;
    std::vector<std::string> open_;
};

// "&lt;", "&amp;", "&quot;" …; control characters that no document may hold become U+FFFD.
std::string escapeMarkup(std::string_view text);

}  // namespace ringscope::reporting
