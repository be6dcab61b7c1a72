// ringscope db check | upgrade | recover: whether the store is whole, an older one made new, runs
// of another store taken in.
#include "app/cli/console.h"
#include "app/cli/help.h"
#include "app/cli/store_access.h"
#include "app/cli/verbs.h"
#include "backend/core/units.h"
#include "backend/session/recover_runs.h"

#include <CLI/App.hpp>
#include <memory>

namespace ringscope::cli {
namespace {

int check(const GlobalOptions& global) {
    const Result<std::unique_ptr<Store>> store = openStore(global, Store::Access::ReadOnly);
    if (!store.ok()) return failStore(store.error());
    const Result<std::vector<std::string>> problems = (*store)->damage();
    if (!problems.ok()) return failStore(problems.error());
    for (const std::string& problem : *problems) printText(problem + '\n');
    if (problems->empty()) {
        printText((*store)->path().string() + " is whole\n");
        return Ok;
    }
    return fail({ErrorCode::Corrupt,
                 "'" + (*store)->path().string() +
                     "' is damaged; put a copy in its place, or take its runs into another store: "
                     "ringscope db recover --db NEW " +
                     (*store)->path().string()});
}

void printTaken(const std::vector<RunRecord>& runs, const char* word) {
    for (const RunRecord& run : runs)
        printText(fmt::format("{}  {}  {}  {}\n", word, run.id.text.substr(0, 8), run.name,
                              statusName(run.status)));
}

int recover(const std::string& file, const GlobalOptions& global) {
    const Result<std::unique_ptr<Store>> store = openStore(global, Store::Access::ReadWrite);
    if (!store.ok()) return failStore(store.error());
    const Result<RecoveredRuns> taken = recoverRuns(file, **store);
    if (!taken.ok()) return failStore(taken.error());
    printTaken(taken->added, "added    ");
    printTaken(taken->completed, "completed");
    printTaken(taken->known, "known    ");
    printText("the store has every run of " + file + "; that file can be removed\n");
    return Ok;
}

// Opening for writing upgrades.
int upgrade(const GlobalOptions& global) {
    // A store that is not there is none of an older Ringscope.
    const Result<std::unique_ptr<Store>> before = openStore(global, Store::Access::ReadOnly);
    if (before.ok()) {
        printText((*before)->path().string() + " is of this Ringscope already\n");
        return Ok;
    }
    if (before.error().code == ErrorCode::NotFound) return failStore(before.error());
    const Result<std::unique_ptr<Store>> store = openStore(global, Store::Access::ReadWrite);
    if (!store.ok()) return failStore(store.error());
    printText((*store)->path().string() + " is upgraded; its backup stands beside it\n");
    return Ok;
}

}  // namespace

void addDbVerb(CLI::App& app, Command& command) {
    CLI::App* db = app.add_subcommand("db", "the store itself: check, upgrade, recover");
    db->require_subcommand(1);
    db->fallthrough();
    addExamples(*db, {{"ringscope db check", "is the store whole?"},
                      {"ringscope db recover ringscope.db.unsaved-1a2b3c4d", "what it lacks"}});
    CLI::App* checking = db->add_subcommand("check", "reads the whole file and looks for damage");
    addExamples(*checking, {{"ringscope db check", "of the default store"},
                            {"ringscope db check --db other.db", "of another one"}});
    checking->callback(
        [&command] { command.action = [&command] { return check(command.global); }; });
    CLI::App* upgrading =
        db->add_subcommand("upgrade", "makes the store of an older Ringscope one of this");
    addExamples(*upgrading,
                {{"ringscope db upgrade", "the default store; a backup stays beside it"},
                 {"ringscope db upgrade --db other.db", "another one"}});
    upgrading->callback(
        [&command] { command.action = [&command] { return upgrade(command.global); }; });
    CLI::App* recovering = db->add_subcommand(
        "recover", "takes in the runs of a file that a run left beside the store");
    const auto file = std::make_shared<std::string>();
    recovering->add_option("FILE", *file, "a store; it is only read")->required();
    addExamples(*recovering, {{"ringscope db recover ringscope.db.unsaved-1a2b3c4d",
                               "what a run could not keep"},
                              {"ringscope db recover mine.db --db all.db", "two stores as one"}});
    recovering->callback([file, &command] {
        command.action = [file, &command] { return recover(*file, command.global); };
    });
}

}  // namespace ringscope::cli
