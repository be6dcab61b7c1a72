#include "backend/report/markup.h"

#include "backend/report/wording.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace ringscope::reporting {
namespace {

// Tags that stay on their line; all others end it, so that files can be read and compared.
constexpr std::array<std::string_view, 13> inlineTags = {"b",     "code",  "desc",    "dt", "em",
                                                         "small", "span",  "summary", "td", "text",
                                                         "th",    "title", "tspan"};

bool endsLine(std::string_view tag) {
    return std::ranges::find(inlineTags, tag) == inlineTags.end();
}

bool isForbidden(char c) {
    const auto code = static_cast<unsigned char>(c);
    return (code < 0x20 && c != '\n' && c != '\t') || code == 0x7f;
}

}  // namespace

std::string escapeMarkup(std::string_view text) {
    std::string escaped;
    for (const char c : validUtf8(text)) {
        switch (c) {
            case '&':
                escaped += "&amp;";
                break;
            case '<':
                escaped += "&lt;";
                break;
            case '>':
                escaped += "&gt;";
                break;
            case '"':
                escaped += "&quot;";
                break;
            case '\'':
                escaped += "&#39;";
                break;
            default:
                if (isForbidden(c))
                    escaped += replacementCharacter;
                else
                    escaped += c;
        }
    }
    return escaped;
}

void Markup::start(std::string_view tag, const Attributes& attributes) {
    out_ += '<';
    out_ += tag;
    for (const auto& [name, value] : attributes) {
        out_ += ' ';
        out_ += name;
        out_ += "=\"" + escapeMarkup(value) + '"';
    }
}

Markup& Markup::open(std::string_view tag, const Attributes& attributes) {
    start(tag, attributes);
    out_ += '>';
    open_.emplace_back(tag);
    return *this;
}

Markup& Markup::close() {
    assert(!open_.empty());
    out_ += "</" + open_.back() + '>';
    if (endsLine(open_.back())) out_ += '\n';
    open_.pop_back();
    return *this;
}

Markup& Markup::text(std::string_view text) {
    out_ += escapeMarkup(text);
    return *this;
}

Markup& Markup::element(std::string_view tag, std::string_view content,
                        const Attributes& attributes) {
    return open(tag, attributes).text(content).close();
}

Markup& Markup::empty(std::string_view tag, const Attributes& attributes) {
    start(tag, attributes);
    out_ += "/>\n";
    return *this;
}

Markup& Markup::raw(std::string_view trusted) {
    out_ += trusted;
    return *this;
}

}  // namespace ringscope::reporting
