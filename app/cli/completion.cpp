#include "app/cli/completion.h"

#include "app/cli/words.h"
#include "backend/config/field_table.h"
#include "backend/config/settings.h"
#include "backend/core/text.h"
#include "backend/plan/mode_table.h"
#include "backend/store/store.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace ringscope::cli {
namespace {

using Candidates = std::vector<Candidate>;

std::string firstLine(std::string text) {
    std::ranges::replace(text, '\t', ' ');
    return text.substr(0, text.find('\n'));
}

// Keeps those that begin with what was typed.
Candidates beginningWith(Candidates all, const std::string& typed) {
    std::erase_if(all, [&](const Candidate& one) { return !one.word.starts_with(typed); });
    return all;
}

Candidates wordsOnly(const std::vector<std::string>& words) {
    Candidates all;
    for (const std::string& word : words) all.push_back({word});
    return all;
}

Candidates verbCandidates(const CLI::App& app) {
    Candidates all;
    for (const CLI::App* verb : verbsOf(app))
        all.push_back({verb->get_name(), firstLine(verb->get_description())});
    return all;
}

Candidates optionCandidates(const CLI::App& verb) {
    Candidates all;
    for (const CLI::App* app = &verb; app != nullptr; app = app->get_parent())
        for (const CLI::Option* option : app->get_options())
            for (const std::string& name : option->get_lnames())
                all.push_back({"--" + name, firstLine(option->get_description())});
    std::ranges::stable_sort(all, {}, &Candidate::word);
    const auto twice = std::ranges::unique(all, {}, &Candidate::word);  // --help of each
    all.erase(twice.begin(), twice.end());
    return all;
}

Candidates modeCandidates() {
    Candidates all;
    for (const Mode& mode : modeTable())
        all.push_back({std::string(mode.name), firstLine(std::string(mode.help))});
    return all;
}

// The newest runs' names and their experiments' names.
Candidates runCandidates(const std::filesystem::path& path, bool experimentsOnly) {
    constexpr std::int64_t newest = 200;
    Candidates all;
    if (!experimentsOnly) {
        all.push_back({"@last", "every run of the newest experiment"});
        all.push_back({"@last-run", "the newest run"});
    }
    const auto store = Store::open(path, Store::Access::ReadOnly);
    if (!store.ok()) return all;
    const auto runs = (*store)->list({.limit = newest});
    if (!runs.ok()) return all;
    std::set<std::string> seen;
    for (const RunRecord& run : *runs) {
        if (seen.insert(run.experiment).second) all.push_back({run.experiment, "an experiment"});
        if (!experimentsOnly && seen.insert(run.name).second)
            all.push_back({run.name, std::string(statusName(run.status)) + " run"});
    }
    return all;
}

Candidates valuesOf(const Field& field) {
    if (field.type == FieldType::Choice) return wordsOnly(field.choices);
    if (field.type == FieldType::Switch) return wordsOnly({"true", "false"});
    return {};
}

// "train.st" -> "train.steps="; "parallel.mode=zi" -> "parallel.mode=zigzag".
Completion assignment(const std::string& typed) {
    Completion completion;
    const std::size_t equals = typed.find('=');
    if (equals == std::string::npos) {
        completion.goesOn = true;
        for (const Field& field : fieldTable())
            completion.words.push_back({std::string(field.path) + "=", std::string(field.help)});
        return completion;
    }
    const std::string path = typed.substr(0, equals + 1);
    if (const Field* field = findField(typed.substr(0, equals)))
        for (Candidate& value : valuesOf(*field)) {
            value.word = path + value.word;
            completion.words.push_back(std::move(value));
        }
    return completion;
}

// A list with commas: the last one is completed.
Completion listOf(const Candidates& all, const std::string& typed) {
    const std::size_t comma = typed.rfind(',');
    const std::string before = comma == std::string::npos ? "" : typed.substr(0, comma + 1);
    Completion completion;
    for (const Candidate& one : all) completion.words.push_back({before + one.word, one.meaning});
    return completion;
}

class Values {
public:
    Values(const CLI::App& program, const std::filesystem::path& store)
        : program_(program), store_(store) {}

    // What `option` takes.
    Completion of(const CLI::Option& option, const std::string& typed) const {
        const std::string name =
            option.get_positional() ? option.get_name(true, false) : option.get_type_name();
        if (name == "PATH=VALUE") return assignment(typed);
        if (name == "FILE" || name == "HOSTS") return {.files = OfferedFiles::Files};
        if (name == "FOLDER" || name == "DIR") return {.files = OfferedFiles::Folders};
        if (name == "M[,M]") {
            Candidates modes = modeCandidates();
            modes.push_back({"all", "every mode"});
            return listOf(modes, typed);
        }
        if (option.check_lname("mode")) return {.words = modeCandidates()};
        if (option.check_lname("experiment")) return {.words = runCandidates(store_, true)};
        if (option.check_lname("status")) return {.words = statusCandidates()};
        if (name == "VERB") return {.words = verbCandidates(program_)};
        if (name == "RUN" || name == "BEFORE" || name == "AFTER") return runs(option);
        if (name.find('|') != std::string::npos) return {.words = wordsOnly(split(name, '|'))};
        return {};
    }

private:
    static Candidates statusCandidates() {
        Candidates all;
        for (const RunStatus status : allStatuses())
            all.push_back({std::string(statusName(status))});
        return all;
    }

    // A trace may be a file too.
    Completion runs(const CLI::Option& option) const {
        Completion completion{.words = runCandidates(store_, false)};
        if (option.get_description().find("file") != std::string::npos)
            completion.files = OfferedFiles::Files;
        return completion;
    }

    const CLI::App& program_;
    const std::filesystem::path& store_;
};

// What the words before the cursor lead to.
struct Position {
    const CLI::App* verb = nullptr;
    const CLI::Option* waiting = nullptr;  // takes the word that is typed
    std::size_t arguments = 0;             // of the verb, so far
};

Position positionAfter(const CLI::App& program, const std::vector<std::string>& words) {
    Position position{.verb = &program};
    for (std::size_t at = 0; at < words.size(); ++at) {
        const std::string& word = words[at];
        if (looksLikeOption(word)) {
            const CLI::Option* option = findOption(*position.verb, word);
            if (option == nullptr || !takesNextWord(*option, word)) continue;
            if (++at == words.size()) position.waiting = option;
        } else if (verbsOf(*position.verb).empty()) {
            ++position.arguments;
        } else if (const CLI::App* verb = findVerb(*position.verb, word)) {
            position.verb = verb;
        }
    }
    return position;
}

// The argument at this place; the last one where it takes several.
const CLI::Option* argumentAt(const CLI::App& verb, std::size_t index) {
    const std::vector<const CLI::Option*> all =
        verb.get_options([](const CLI::Option* option) { return option->get_positional(); });
    if (all.empty()) return nullptr;
    if (index < all.size()) return all[index];
    return all.back()->get_items_expected_max() > 1 ? all.back() : nullptr;
}

Completion offered(const CLI::App& program, const Position& position, const std::string& typed,
                   const Values& values) {
    if (position.waiting != nullptr) return values.of(*position.waiting, typed);
    if (typed.starts_with("--") && typed.find('=') != std::string::npos) {
        const std::size_t equals = typed.find('=') + 1;
        const CLI::Option* option = findOption(*position.verb, typed);
        if (option == nullptr) return {};
        Completion completion = values.of(*option, typed.substr(equals));
        for (Candidate& one : completion.words) one.word = typed.substr(0, equals) + one.word;
        return completion;
    }
    if (typed.starts_with('-')) return {.words = optionCandidates(*position.verb)};
    if (position.verb->get_name() == "help" && position.arguments == 0)
        return {.words = verbCandidates(program)};
    if (!verbsOf(*position.verb).empty()) return {.words = verbCandidates(*position.verb)};
    const CLI::Option* argument = argumentAt(*position.verb, position.arguments);
    return argument == nullptr ? Completion{} : values.of(*argument, typed);
}

}  // namespace

Completion complete(const CLI::App& program, const std::vector<std::string>& words,
                    const std::string& typed, const std::filesystem::path& store) {
    const Position position = positionAfter(program, words);
    Completion completion = offered(program, position, typed, Values(program, store));
    completion.words = beginningWith(std::move(completion.words), typed);
    return completion;
}

std::string completionText(const Completion& completion) {
    std::string text;
    if (completion.files == OfferedFiles::Files) text += ":files\n";
    if (completion.files == OfferedFiles::Folders) text += ":folders\n";
    if (completion.goesOn) text += ":goes-on\n";
    for (const Candidate& one : completion.words) text += one.word + "\t" + one.meaning + "\n";
    return text;
}

}  // namespace ringscope::cli
