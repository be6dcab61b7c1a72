// The readers of text that people write, or that another machine sends.
#include "backend/config/experiment.h"
#include "backend/config/field_table.h"
#include "backend/config/host_list.h"
#include "backend/config/value_text.h"
#include "backend/migration/migration.h"
#include "backend/migration/migration_report.h"
#include "backend/query/run_query.h"
#include "backend/report/config_text.h"
#include "backend/run/protocol.h"
#include "backend/store/store.h"
#include "tests/backend/compare/sample_runs.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/targets.h"

#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope::fuzz {
namespace {

std::string_view textOf(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

ExperimentReading reading(std::string text) {
    return readExperiment(
        {.fileName = "fuzz.yaml", .fileText = std::move(text), .environment = {}, .overrides = {}});
}

// What was read and written again is the same.
template <typename Frame>
void frame(std::string_view line, std::optional<Frame> (*parse)(std::string_view)) {
    const std::optional<Frame> read = parse(line);
    if (!read) return;
    const std::string written = toLine(*read);
    require(written.find('\n') == std::string::npos, "a frame is one line");
    const std::optional<Frame> again = parse(written);
    require(again && toLine(*again) == written, "a frame that was written reads back");
}

// A store with a few runs, for words that select some.
Store& sampleStore() {
    static const std::unique_ptr<Store> store = [] {
        std::string folder = std::filesystem::temp_directory_path() / "ringscope-fuzz-XXXXXX";
        if (::mkdtemp(folder.data()) == nullptr) std::abort();
        Result<std::unique_ptr<Store>> made =
            Store::open(std::filesystem::path(folder) / "runs.db", Store::Access::ReadWrite);
        if (!made.ok()) std::abort();
        for (const char* mode : {"legacy", "ring", "zigzag"}) {
            RunRecord run = finishedRun(mode, 100);
            run.id = RunId::random();
            if (!(*made)->created(run).ok() || !(*made)->ended(run).ok()) std::abort();
        }
        return std::move(*made);
    }();
    return *store;
}

}  // namespace

void experimentFile(const std::uint8_t* data, std::size_t size) {
    const ExperimentReading read = reading(std::string(textOf(data, size)));
    for (const ConfigProblem& problem : read.problems)
        require(!problem.text().empty(), "a sentence for each problem");
    if (!read.ok()) return;
    const std::vector<ExpandedRun> runs = expandRuns(read.experiment);
    require(!runs.empty(), "an experiment that was read has runs");
    const std::string text = experimentText(read.experiment);
    const ExperimentReading again = reading(text);
    require(again.ok(), "an experiment that was written reads back: " + text);
    require(experimentText(again.experiment) == text, "and is the same");
}

void hostFile(const std::uint8_t* data, std::size_t size) {
    const Result<std::vector<HostSpec>> hosts = parseHostfile(textOf(data, size), "hosts.txt");
    if (!hosts.ok())
        require(!hosts.error().message.empty(), "a sentence for hosts that cannot be read");
    else
        require(!hosts->empty(), "a hostfile that was read has hosts");
}

void frames(const std::uint8_t* data, std::size_t size) {
    const std::string_view line = textOf(data, size);
    frame<RankEvent>(line, parseRankEvent);
    frame<AgentCommand>(line, parseAgentCommand);
    frame<RankCommand>(line, parseRankCommand);
    frame<AgentFrame>(line, parseAgentFrame);
    (void)foreignVersion(line);
}

namespace {

// Migrates the text as a file of this name with every default.
void migrated(const std::string& name, std::string text) {
    const MigrationInput input{.source = {name, std::move(text)}, .companions = {}};
    const Result<Migration> migration = migrate(input, {.options = {}, .acceptDefaults = true});
    if (!migration.ok()) {
        require(!migration.error().message.empty(),
                "a sentence for a file that cannot be migrated");
        return;
    }
    require(!nlohmann::json::parse(migrationJson(input, *migration)).is_null(), "JSON is whole");
    require(migration->decided(), "defaults decide everything");
    for (const KeyVerdict& key : migration->keys)
        require(!key.reason.empty(), "a reason for each key");
    if (migration->problems.empty())
        require(reading(migration->experiment).ok(), "what would run reads back");
}

}  // namespace

void migrationSource(const std::uint8_t* data, std::size_t size) {
    migrated("old.yaml", std::string(textOf(data, size)));
}

void tomlSource(const std::uint8_t* data, std::size_t size) {
    migrated("old.toml", std::string(textOf(data, size)));
}

void shellSource(const std::uint8_t* data, std::size_t size) {
    migrated("old.sh", std::string(textOf(data, size)));
}

void pythonSource(const std::uint8_t* data, std::size_t size) {
    migrated("old.py", std::string(textOf(data, size)));
}

void query(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = textOf(data, size);
    std::vector<RunRecord> runs = {finishedRun("ring", 100), finishedRun("zigzag", 50)};
    if (const Result<RunPredicate> meets = parseRunQuery(text, "--where"); meets.ok())
        (void)(*meets)(runs.front());
    else
        require(!meets.error().message.empty(), "a sentence for a query that cannot be read");
    if (const Result<RunOrder> order = parseRunOrder(text, "--sort"); order.ok()) (*order)(runs);
    require(runs.size() == 2, "ordering keeps every run");
}

void selector(const std::uint8_t* data, std::size_t size) {
    const Result<Selection> found = sampleStore().select(textOf(data, size), RunNeed::Any);
    if (!found.ok())
        require(!found.error().message.empty(), "a sentence for words that select nothing");
    else
        require(!found->runs.empty(), "what is selected is there");
}

// `path=value` of --set, for every field in turn.
void setting(const std::uint8_t* data, std::size_t size) {
    const std::string text(textOf(data, size));
    const ExperimentReading read = readExperiment({.fileName = "fuzz.yaml",
                                                   .fileText = "name: fuzz\n",
                                                   .environment = {},
                                                   .overrides = {text}});
    for (const ConfigProblem& problem : read.problems)
        require(!problem.text().empty(), "a sentence for each problem");
    if (!read.ok()) return;
    const ExperimentReading again = reading(experimentText(read.experiment));
    for (const Field& field : fieldTable())
        require(field.get(read.experiment.base) == field.get(again.experiment.base),
                "a value that was set reads back: " + std::string(field.path));
}

}  // namespace ringscope::fuzz
