// ringscope checkpoints ls | show | verify | rm: what trainings have left to go on from.
#include "app/cli/console.h"
#include "app/cli/help.h"
#include "app/cli/option_checks.h"
#include "app/cli/store_access.h"
#include "app/cli/verbs.h"
#include "backend/core/units.h"
#include "backend/report/checkpoint_text.h"
#include "backend/run/training_checkpoint.h"

#include <CLI/App.hpp>
#include <filesystem>
#include <memory>
#include <set>
#include <system_error>

namespace ringscope::cli {
namespace {

struct CheckpointArguments {
    std::string where;  // empty: the data folder's
    std::int64_t keep = 0;
    bool json = false;
};

struct CheckpointPlaces {
    std::vector<std::filesystem::path> folders;
    bool ofStore = false;
    bool goOn = false;  // a run of these has not ended
};

Result<CheckpointPlaces> placesOf(const std::string& where, const GlobalOptions& global) {
    std::error_code ignored;
    if (where.empty()) return CheckpointPlaces{.folders = {checkpointRoot({})}};
    if (std::filesystem::is_directory(where, ignored))
        return CheckpointPlaces{.folders = {std::filesystem::absolute(where).lexically_normal()}};
    RINGSCOPE_TRY(const std::unique_ptr<Store> store, openStore(global, Store::Access::ReadOnly));
    RINGSCOPE_TRY(const std::vector<RunRecord> runs,
                  loadSelected(*store, {where}, RunNeed::Any, global));
    CheckpointPlaces places{.folders = {}, .ofStore = true};
    for (const RunRecord& run : runs) {
        places.folders.push_back(checkpointFolder(run.config.checkpoint, run.id.text));
        places.goOn = places.goOn || !isFinal(run.status);
    }
    return places;
}

std::vector<ShownCheckpoint> allIn(const CheckpointPlaces& places, bool verify) {
    std::vector<ShownCheckpoint> all;
    for (const std::filesystem::path& folder : places.folders) {
        std::vector<ShownCheckpoint> shown = shownCheckpoints(folder, verify);
        all.insert(all.end(), std::make_move_iterator(shown.begin()),
                   std::make_move_iterator(shown.end()));
    }
    return all;
}

void printCheckpoints(const std::vector<ShownCheckpoint>& checkpoints, bool json) {
    if (json)
        printData(checkpointsJson(checkpoints));
    else
        printText(checkpointsText(checkpoints));
}

int listCheckpoints(const CheckpointArguments& arguments, const GlobalOptions& global) {
    const Result<CheckpointPlaces> places = placesOf(arguments.where, global);
    if (!places.ok()) return failStore(places.error());
    printCheckpoints(allIn(*places, false), arguments.json);
    return Ok;
}

int showCheckpoint(const CheckpointArguments& arguments, const GlobalOptions& global) {
    const Result<CheckpointPlaces> places = placesOf(arguments.where, global);
    if (!places.ok()) return failStore(places.error());
    const Result<std::filesystem::path> newest = newestCheckpoint(places->folders.front());
    if (!newest.ok()) return fail(newest.error());
    const std::vector<ShownCheckpoint> shown = shownCheckpoints(*newest, false);
    if (arguments.json)
        printData(checkpointsJson(shown));
    else
        printText(checkpointText(shown.front()));
    return Ok;
}

int verifyCheckpoints(const CheckpointArguments& arguments, const GlobalOptions& global) {
    const Result<CheckpointPlaces> places = placesOf(arguments.where, global);
    if (!places.ok()) return failStore(places.error());
    const std::vector<ShownCheckpoint> all = allIn(*places, true);
    printCheckpoints(all, arguments.json);
    for (const ShownCheckpoint& each : all)
        if (!each.problem.empty()) return RunFailed;
    return Ok;
}

// A folder is a checkpoint itself, or has those of a run, or has the folders of runs.
Result<void> removeIn(const std::filesystem::path& folder, std::int64_t keep) {
    std::set<std::filesystem::path> runFolders = {folder};
    for (const ShownCheckpoint& each : shownCheckpoints(folder, false)) {
        if (each.folder == folder) return removeCheckpoint(folder);
        runFolders.insert(each.folder.parent_path());
    }
    for (const std::filesystem::path& run : runFolders) {
        sweepHalves(run);
        RINGSCOPE_CHECK(keepNewest(run, keep));
    }
    return {};
}

int removeThem(const CheckpointArguments& arguments, const GlobalOptions& global) {
    const Result<CheckpointPlaces> places = placesOf(arguments.where, global);
    if (!places.ok()) return failStore(places.error());
    if (places->goOn)
        return fail(
            {ErrorCode::InvalidConfig, "'" + arguments.where +
                                           "' goes on and may need its checkpoints; stop it "
                                           "first"});
    const std::vector<ShownCheckpoint> before = allIn(*places, false);
    for (const std::filesystem::path& folder : places->folders) {
        const Result<void> removed = removeIn(folder, arguments.keep);
        if (!removed.ok()) return fail(removed.error());
    }
    if (global.quiet) return Ok;
    std::string text;
    for (const ShownCheckpoint& each : before) {
        std::error_code ignored;
        if (!std::filesystem::exists(each.folder, ignored))
            text += "removed " + each.folder.string() + "\n";
    }
    printText(text.empty() ? "nothing was removed\n" : text);
    return Ok;
}

using Action = int (*)(const CheckpointArguments&, const GlobalOptions&);

struct Below {
    const char* name;
    const char* help;
    Action action;
    bool needsPlace;
    bool json;
    std::vector<Example> examples;
};

void addBelow(CLI::App& checkpoints, Command& command, const Below& below) {
    CLI::App* verb = checkpoints.add_subcommand(below.name, below.help);
    auto arguments = std::make_shared<CheckpointArguments>();
    CLI::Option* where = verb->add_option(
        "WHERE", arguments->where, "a run (id, name or @last-run), or a folder of checkpoints");
    if (below.needsPlace) where->required();
    if (below.json)
        verb->add_flag("--json", arguments->json, "one JSON object on standard output");
    else
        verb->add_option("--keep", arguments->keep, "how many of the newest stay")
            ->check(wholeNumber(0, 1'000'000))
            ->type_name("N")
            ->capture_default_str();
    addExamples(*verb, below.examples);
    verb->callback([arguments, &command, action = below.action] {
        command.action = [=, &command] { return action(*arguments, command.global); };
    });
}

}  // namespace

void addCheckpointsVerb(CLI::App& app, Command& command) {
    CLI::App* verb = app.add_subcommand(
        "checkpoints", "what trainings have left to go on from: ls, show, verify, rm");
    verb->require_subcommand(1);
    verb->fallthrough();
    addExamples(*verb, {{"ringscope checkpoints ls", "those of all runs in the data folder"},
                        {"ringscope checkpoints verify @last-run", "are they whole?"}});
    addBelow(*verb, command,
             {"ls",
              "a line for each checkpoint",
              listCheckpoints,
              false,
              true,
              {{"ringscope checkpoints ls", "those in the data folder"},
               {"ringscope checkpoints ls /scratch/checkpoints", "those of a folder"}}});
    addBelow(*verb, command,
             {"show",
              "the newest one: its files, its configuration",
              showCheckpoint,
              true,
              true,
              {{"ringscope checkpoints show @last-run", "of the newest run"},
               {"ringscope checkpoints show 1a2b3c4d --json", "of another, for a program"}}});
    addBelow(*verb, command,
             {"verify",
              "reads all files and holds them against their hashes",
              verifyCheckpoints,
              true,
              true,
              {{"ringscope checkpoints verify @last-run", "all of a run; 7: one is damaged"},
               {"ringscope checkpoints verify /scratch/checkpoints", "of many runs"}}});
    addBelow(*verb, command,
             {"rm",
              "removes them, and what a killed run left half",
              removeThem,
              true,
              false,
              {{"ringscope checkpoints rm 1a2b3c4d", "all of a run"},
               {"ringscope checkpoints rm @last-run --keep 1", "all but the newest"}}});
}

}  // namespace ringscope::cli
