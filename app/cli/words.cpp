#include "app/cli/words.h"

#include "backend/config/value_text.h"
#include "backend/core/text.h"

#include <algorithm>

namespace ringscope::cli {
namespace {

bool isLong(const std::string& word) { return word.starts_with("--"); }

// "--set" of "--set=x", "s" of "-sx".
std::string nameIn(const std::string& word) {
    return isLong(word) ? word.substr(2, word.find('=') - 2) : word.substr(1, 1);
}

bool has(const CLI::Option& option, const std::string& word) {
    return isLong(word) ? option.check_lname(nameIn(word)) : option.check_sname(nameIn(word));
}

std::vector<std::string> longNames(const CLI::App& verb) {
    std::vector<std::string> names;
    for (const CLI::App* app = &verb; app != nullptr; app = app->get_parent())
        for (const CLI::Option* option : app->get_options())
            for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    return names;
}

std::string where(const CLI::App& verb) {
    const std::string path = verbPath(verb);
    return path.empty() ? "" : path + ": ";
}

std::string unknownOption(const CLI::App& verb, const std::string& word) {
    const std::string name = isLong(word) ? "--" + nameIn(word) : word;
    const std::optional<std::string> near =
        isLong(word) ? nearestWord(name, longNames(verb)) : std::nullopt;
    return where(verb) + "unknown option " + shown(name) +
           (near ? "; did you mean '" + *near + "'?" : "");
}

}  // namespace

bool looksLikeOption(const std::string& word) {
    return word.size() > 1 && word.front() == '-' && !(word[1] >= '0' && word[1] <= '9') &&
           word[1] != '.';
}

std::string verbPath(const CLI::App& verb) {
    if (verb.get_parent() == nullptr) return "";
    const std::string above = verbPath(*verb.get_parent());
    return above.empty() ? verb.get_name() : above + " " + verb.get_name();
}

std::vector<const CLI::App*> verbsOf(const CLI::App& app) {
    return app.get_subcommands([](const CLI::App* verb) {
        return !verb->get_name().empty() && !verb->get_group().empty();
    });
}

const CLI::App* findVerb(const CLI::App& app, const std::string& name) {
    const std::vector<const CLI::App*> all =
        app.get_subcommands([&](const CLI::App* verb) { return verb->get_name() == name; });
    return all.empty() ? nullptr : all.front();
}

std::string unknownVerb(const CLI::App& app, const std::string& word) {
    std::vector<std::string> names;
    for (const CLI::App* verb : verbsOf(app)) names.push_back(verb->get_name());
    const std::optional<std::string> near = nearestWord(word, names);
    return where(app) + "unknown verb " + shown(word) +
           (near ? "; did you mean '" + *near + "'?" : "; verbs: " + join(names, ", "));
}

const CLI::Option* findOption(const CLI::App& verb, const std::string& word) {
    for (const CLI::App* app = &verb; app != nullptr; app = app->get_parent())
        for (const CLI::Option* option : app->get_options())
            if (has(*option, word)) return option;
    return nullptr;
}

bool takesNextWord(const CLI::Option& option, const std::string& word) {
    if (option.get_items_expected_max() == 0) return false;
    return isLong(word) ? word.find('=') == std::string::npos : word.size() == 2;
}

WordCheck checkWords(const CLI::App& program, const std::vector<std::string>& words) {
    WordCheck check{.verb = &program};
    for (std::size_t at = 0; at < words.size(); ++at) {
        const std::string& word = words[at];
        if (word == "--") return check;
        if (looksLikeOption(word)) {
            const CLI::Option* option = findOption(*check.verb, word);
            if (option == nullptr && check.verb->get_allow_extras()) continue;
            if (option == nullptr) {
                check.problem = unknownOption(*check.verb, word);
                return check;
            }
            if (takesNextWord(*option, word)) ++at;
            continue;
        }
        if (verbsOf(*check.verb).empty()) continue;  // what is left names runs and files
        const CLI::App* verb = findVerb(*check.verb, word);
        if (verb == nullptr) {
            check.problem = unknownVerb(*check.verb, word);
            return check;
        }
        check.verb = verb;
    }
    return check;
}

}  // namespace ringscope::cli
