// ringscope runs rename | tag | note | pin | unpin | archive | unarchive | mark-lost | rm: what
// users write about runs. Each prints a line per run that says what is true now.
#include "app/cli/console.h"
#include "app/cli/help.h"
#include "app/cli/runs_verbs.h"
#include "app/cli/store_access.h"
#include "backend/core/text.h"
#include "backend/core/units.h"
#include "backend/store/run_files.h"

#include <CLI/App.hpp>
#include <functional>
#include <memory>

namespace ringscope::cli {
namespace {

using Selected = std::vector<RunRecord>;

std::string nameAndId(const RunRecord& run) {
    return run.name + " (" + run.id.text.substr(0, 8) + ")";
}

std::vector<RunId> idsOf(const Selected& runs) {
    std::vector<RunId> ids;
    for (const RunRecord& run : runs) ids.push_back(run.id);
    return ids;
}

// A tag that cannot be one is the user's mistake, not the store's.
int failChange(const Error& error) {
    if (error.code == ErrorCode::InvalidConfig) return fail(error, Usage);
    if (error.code == ErrorCode::Unavailable) return fail(error);
    return failStore(error);
}

// Finds the runs and changes them; `words` are printed of each as it is afterwards.
int edit(const std::vector<std::string>& selectors, const RunChange& change,
         const GlobalOptions& global, const std::function<std::string(const RunRecord&)>& words) {
    const Result<std::unique_ptr<Store>> store = openStore(global, Store::Access::ReadWrite);
    if (!store.ok()) return failStore(store.error());
    const Result<Selected> runs = loadSelected(**store, selectors, RunNeed::Any, global);
    if (!runs.ok()) return failStore(runs.error());
    if (change.name && runs->size() != 1)
        return fail({ErrorCode::InvalidConfig, "a name is for one run; '" + selectors.front() +
                                                   "' names " + std::to_string(runs->size())},
                    Usage);
    const Result<void> changed = (*store)->change(idsOf(*runs), change);
    if (!changed.ok()) return failChange(changed.error());
    for (const RunRecord& before : *runs) {
        const Result<RunRecord> run = (*store)->load(before.id);
        if (!run.ok()) return failStore(run.error());
        if (!global.quiet) printText(nameAndId(*run) + ": " + words(*run) + '\n');
    }
    return Ok;
}

std::string tagWords(const RunRecord& run) {
    return run.tags.empty() ? "no tags" : "tags " + join(run.tags, ", ");
}

// "+a", "-b" or "a" as additions and removals.
Result<RunChange> tagChange(const std::vector<std::string>& words) {
    RunChange change;
    for (const std::string& word : words) {
        const bool removes = word.starts_with('-');
        const bool signs = removes || word.starts_with('+');
        if (word.starts_with("--"))
            return Error{ErrorCode::InvalidConfig,
                         "options come before the tags' verb: ringscope " + word + " … runs tag"};
        (removes ? change.removeTags : change.addTags).push_back(word.substr(signs ? 1 : 0));
    }
    if (words.empty())
        return Error{ErrorCode::InvalidConfig,
                     "name tags to add or remove: ringscope runs tag RUN +paper -draft"};
    return change;
}

void addTag(CLI::App& runs, Command& command) {
    CLI::App* verb = runs.add_subcommand("tag", "add and remove tags: runs tag RUN +paper -draft");
    auto run = std::make_shared<std::string>();
    verb->add_option("RUN", *run, "run id, name, experiment or @last")->required();
    addExamples(*verb, {{"ringscope runs tag demo/ring +paper -draft", "add one, remove one"},
                        {"ringscope runs tag @last +paper",
                         "the newest experiment; `runs ls -w tag=paper` finds it"}});
    verb->allow_extras();
    verb->fallthrough(false);  // "-draft" is a tag to remove, and no option of the program
    verb->callback([run, verb, &command] {
        const std::vector<std::string> words = verb->remaining();
        command.action = [run, words, &command]() -> int {
            const Result<RunChange> change = tagChange(words);
            if (!change.ok()) return fail(change.error(), Usage);
            return edit({*run}, *change, command.global, tagWords);
        };
    });
}

void addText(CLI::App& runs, Command& command, const char* name, const char* help,
             const char* argument, std::optional<std::string> RunChange::*member,
             std::string (*say)(const RunRecord& now), const std::vector<Example>& examples) {
    CLI::App* verb = runs.add_subcommand(name, help);
    addExamples(*verb, examples);
    auto run = std::make_shared<std::string>();
    auto text = std::make_shared<std::string>();
    verb->add_option("RUN", *run, "run id, name, experiment or @last")->required();
    verb->add_option(argument, *text, "what to write")->required();
    verb->callback([=, &command] {
        command.action = [=, &command] {
            RunChange change;
            change.*member = *text;
            return edit({*run}, change, command.global, say);
        };
    });
}

void addSwitch(CLI::App& runs, Command& command, const char* name, const char* help,
               std::optional<bool> RunChange::*member, bool value, const char* said,
               const std::vector<Example>& examples) {
    CLI::App* verb = runs.add_subcommand(name, help);
    addExamples(*verb, examples);
    auto selectors = std::make_shared<std::vector<std::string>>();
    verb->add_option("RUN", *selectors, "run id, name, experiment or @last")->required();
    verb->callback([=, &command] {
        command.action = [=, &command] {
            RunChange change;
            change.*member = value;
            return edit(*selectors, change, command.global,
                        [said](const RunRecord&) { return said; });
        };
    });
}

// " with 12 MiB of traces and weights"
std::string filesWords(const std::vector<RunFile>& files) {
    if (files.empty()) return "";
    std::int64_t bytes = 0;
    for (const RunFile& file : files) bytes += file.size.count;
    const std::size_t traces = recordedRanks(files).size();
    const std::string_view what = traces == files.size() ? "traces"
                                  : traces == 0          ? "weights"
                                                         : "traces and weights";
    return " with " + formatBytes({bytes}) + " of " + std::string(what);
}

int remove(const std::vector<std::string>& selectors, bool yes, const GlobalOptions& global) {
    const Result<std::unique_ptr<Store>> store = openStore(global, Store::Access::ReadWrite);
    if (!store.ok()) return failStore(store.error());
    const Result<Selected> runs = loadSelected(**store, selectors, RunNeed::Any, global);
    if (!runs.ok()) return failStore(runs.error());
    std::vector<std::string> words;
    for (const RunRecord& run : *runs) {
        words.push_back(nameAndId(run) +
                        filesWords(runFiles((*store)->path(), run.id, WithHash::No)));
    }
    if (!yes)
        return fail({ErrorCode::InvalidConfig, "this would remove " + join(words, ", ") +
                                                   "; add --yes, or use `ringscope runs archive`"},
                    Usage);
    const Result<void> removed = (*store)->remove(idsOf(*runs));
    if (!removed.ok()) return failChange(removed.error());
    if (!global.quiet)
        for (const std::string& word : words) printText("removed " + word + '\n');
    return Ok;
}

void addRemove(CLI::App& runs, Command& command) {
    CLI::App* verb = runs.add_subcommand("rm", "remove runs and their traces, for good");
    auto selectors = std::make_shared<std::vector<std::string>>();
    auto yes = std::make_shared<bool>(false);
    verb->add_option("RUN", *selectors, "run id, name, experiment or @last")->required();
    addExamples(*verb, {{"ringscope runs rm demo/ring", "what would be removed"},
                        {"ringscope runs rm demo/ring --yes", "remove it"}});
    verb->add_flag("-y,--yes", *yes, "do it; else it only says what would be removed");
    verb->callback([=, &command] {
        command.action = [=, &command] { return remove(*selectors, *yes, command.global); };
    });
}

int markLost(const std::vector<std::string>& selectors, const GlobalOptions& global) {
    const Result<std::unique_ptr<Store>> store = openStore(global, Store::Access::ReadWrite);
    if (!store.ok()) return failStore(store.error());
    const Result<Selected> runs = loadSelected(**store, selectors, RunNeed::Any, global);
    if (!runs.ok()) return failStore(runs.error());
    const Result<void> marked = (*store)->markLost(idsOf(*runs));
    if (!marked.ok()) return failChange(marked.error());
    for (const RunRecord& before : *runs) {
        const Result<RunRecord> run = (*store)->load(before.id);
        if (!run.ok()) return failStore(run.error());
        if (!global.quiet) printText(nameAndId(*run) + ": lost: " + run->statusReason + "\n");
    }
    return Ok;
}

void addMarkLost(CLI::App& runs, Command& command) {
    CLI::App* verb =
        runs.add_subcommand("mark-lost", "end runs whose program is gone; refused while it lives");
    auto selectors = std::make_shared<std::vector<std::string>>();
    verb->add_option("RUN", *selectors, "run id, name, experiment or @last")->required();
    addExamples(*verb, {{"ringscope runs mark-lost demo/ring", "its container was removed"},
                        {"ringscope runs mark-lost 3fa8c1d2", "by the beginning of its id"}});
    verb->callback([=, &command] {
        command.action = [=, &command] { return markLost(*selectors, command.global); };
    });
}

}  // namespace

void addRunsEditVerbs(CLI::App& runs, Command& command) {
    addText(runs, command, "rename", "give a run another name", "NAME", &RunChange::name,
            [](const RunRecord& now) { return "run of " + now.experiment; },
            {{"ringscope runs rename demo/ring best", "`best` names it from now on"},
             {"ringscope runs rename 3fa8c1d2 best", "by the beginning of its id"}});
    addTag(runs, command);
    addText(runs, command, "note", "write about a run; an empty text removes the note", "TEXT",
            &RunChange::note,
            [](const RunRecord& now) {
                return now.note.empty() ? std::string("no note") : "note '" + now.note + "'";
            },
            {{"ringscope runs note demo/ring 'the fan was off'", "`runs show` prints it"},
             {"ringscope runs note demo/ring ''", "no note any more"}});
    addSwitch(runs, command, "pin", "make runs the baseline wherever they are compared",
              &RunChange::pinned, true, "pinned, the baseline wherever it is compared",
              {{"ringscope runs pin demo/ring", "others are compared with it"},
               {"ringscope runs pin @last-run", "the newest run"}});
    addSwitch(runs, command, "unpin", "undo pin", &RunChange::pinned, false, "not pinned",
              {{"ringscope runs unpin demo/ring", "the experiment's baseline again"},
               {"ringscope runs unpin demo", "all runs of an experiment"}});
    addSwitch(runs, command, "archive", "leave runs out of lists", &RunChange::archived, true,
              "archived",
              {{"ringscope runs archive demo", "`runs ls --archived` shows it"},
               {"ringscope runs archive demo/ring demo/zigzag", "two runs"}});
    addSwitch(runs, command, "unarchive", "undo archive", &RunChange::archived, false,
              "in the lists again",
              {{"ringscope runs unarchive demo", "as it was"},
               {"ringscope runs unarchive demo/ring", "one run of it"}});
    addMarkLost(runs, command);
    addRemove(runs, command);
}

}  // namespace ringscope::cli
