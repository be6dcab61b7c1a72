#include "app/cli/man_page.h"

#include "app/cli/words.h"
#include "backend/core/text.h"
#include "backend/core/version.h"

#include <algorithm>
#include <cctype>

namespace ringscope::cli {
namespace {

// Text as roff prints it: a backslash and a hyphen are themselves, and no line is a request.
std::string roff(std::string_view text) {
    std::string escaped;
    bool lineBegins = true;
    for (const char c : text) {
        if (lineBegins && (c == '.' || c == '\'')) escaped += "\\&";
        if (c == '\\')
            escaped += "\\e";
        else if (c == '-')
            escaped += "\\-";
        else
            escaped += c;
        lineBegins = c == '\n';
    }
    return escaped;
}

char upper(char c) { return static_cast<char>(std::toupper(static_cast<unsigned char>(c))); }

std::string section(std::string_view title) { return ".SH " + std::string(title) + "\n"; }

// A word in bold, and what it means below it.
std::string tagged(const std::string& name, const std::string& meaning) {
    return ".TP\n.B " + roff(name) + "\n" + roff(meaning) + "\n";
}

// "-s,--set" -> "-s, --set"
std::string replacedCommas(const std::string& names) { return join(split(names, ','), ", "); }

std::string optionName(const CLI::Option& option) {
    std::string name = option.get_positional() ? option.get_name(true, false)
                                               : replacedCommas(option.get_name(false, true));
    if (!option.get_positional() && option.get_items_expected_max() > 0)
        name += " " + option.get_type_name();
    return name;
}

std::string optionsText(const CLI::App& app, bool positional) {
    std::string text;
    for (const CLI::Option* option : app.get_options())
        if (option->get_positional() == positional)
            text += tagged(optionName(*option), option->get_description());
    return text;
}

std::string usage(const CLI::App& verb) {
    const std::string path = verbPath(verb);
    std::string text = "ringscope" + (path.empty() ? "" : " " + path);
    if (!verbsOf(verb).empty()) text += " VERB";
    text += " [OPTIONS]";
    for (const CLI::Option* option : verb.get_options()) {
        if (!option->get_positional()) continue;
        const std::string name =
            option->get_name(true, false) + (option->get_items_expected_max() > 1 ? "..." : "");
        text += option->get_required() ? " " + name : " [" + name + "]";
    }
    return text;
}

// Examples and what stands below them, as they are in the help.
std::string verbatim(const std::string& text) {
    return text.empty() ? "" : ".nf\n" + roff(text) + "\n.fi\n";
}

std::string body(const CLI::App& verb) {
    std::string text;
    const std::string arguments = optionsText(verb, true);
    if (!arguments.empty()) text += section("ARGUMENTS") + arguments;
    if (!verbsOf(verb).empty()) {
        text += section("VERBS");
        for (const CLI::App* below : verbsOf(verb))
            text += tagged(below->get_name(), below->get_description());
    }
    return text + section("OPTIONS") + optionsText(verb, false);
}

// A verb of a verb, as a part of the page.
std::string part(const CLI::App& verb) {
    std::string title = verbPath(verb);
    std::ranges::transform(title, title.begin(), upper);
    return section(title) + roff(verb.get_description()) + "\n.PP\n" + roff(usage(verb)) + "\n" +
           optionsText(verb, true) + optionsText(verb, false) + ".PP\n" +
           verbatim(verb.get_footer());
}

}  // namespace

ManPage manPage(const CLI::App& verb) {
    const bool whole = verb.get_parent() == nullptr;
    const std::string name = whole ? "ringscope" : "ringscope-" + verb.get_name();
    std::string title = name;
    std::ranges::transform(title, title.begin(), upper);
    std::string text = ".TH " + roff(title) + " 1 \"\" \"ringscope " + version() +
                       "\" \"Ringscope\"\n" + section("NAME") + roff(name) + " \\- " +
                       roff(verb.get_description()) + "\n" + section("SYNOPSIS") +
                       roff(usage(verb)) + "\n" + body(verb);
    if (!whole)
        text += ".PP\nOptions of every verb are in\n.BR ringscope (1).\n" + section("EXAMPLES");
    else
        text += section("NOTES");
    text += verbatim(verb.get_footer());
    if (!whole)
        for (const CLI::App* below : verbsOf(verb)) text += part(*below);
    text += section("SEE ALSO");
    if (!whole) return {name, text + ".BR ringscope (1)\n"};
    for (const CLI::App* below : verbsOf(verb))
        text += ".BR ringscope\\-" + roff(below->get_name()) + " (1)\n";
    return {name, text};
}

std::vector<ManPage> allManPages(const CLI::App& program) {
    std::vector<ManPage> pages = {manPage(program)};
    for (const CLI::App* verb : verbsOf(program)) pages.push_back(manPage(*verb));
    return pages;
}

}  // namespace ringscope::cli
