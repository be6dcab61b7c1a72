// An older schema becomes the present one, with a copy of the file as it was.
#include "backend/core/files.h"
#include "backend/core/output_file.h"
#include "backend/store/schema.h"

#include "backend/store/store_file.h"
#include "tests/backend/store/store_fixture.h"

#include <array>

namespace ringscope::test {
namespace {
namespace fs = std::filesystem;

using store::Database;
using store::Migration;

std::string newestSchema() { return std::to_string(store::knownSchema(store::migrationTable())); }

// A store of a time before the first schema: ours by its application id, with a table of its own.
class Upgrade : public StoreTest {
protected:
    void SetUp() override {
        sql(file(),
            "PRAGMA application_id = 1381188432; PRAGMA journal_mode = WAL;"
            "CREATE TABLE old_result (name TEXT); INSERT INTO old_result VALUES ('kept')");
    }
    void forgetSchemaEight() const {
        forgetSchemaNine(file());
        sql(file(), "DROP TABLE run_validation; PRAGMA user_version = 7");
    }
    void forgetSchemaSeven() const {
        forgetSchemaEight();
        sql(file(),
            "DROP TABLE run_routing; ALTER TABLE run_rank DROP COLUMN expert_bytes;"
            "PRAGMA user_version = 6");
    }
    void forgetSchemaSix() const {
        forgetSchemaSeven();
        sql(file(), "ALTER TABLE run DROP COLUMN alive_us; PRAGMA user_version = 5");
    }
    // Makes a store of this program one of schema 4.
    void forgetSchemaFive() const {
        forgetSchemaSix();
        sql(file(), "DROP TABLE run_tag; DROP TABLE run_host");
        for (const char* column : {"command", "folder", "commit_id", "dirty", "network", "note",
                                   "pinned", "archived_us"})
            sql(file(), std::string("ALTER TABLE run DROP COLUMN ") + column);
        sql(file(), "PRAGMA user_version = 4");
    }

    fs::path backup() const { return folder() / "ringscope.db.schema-0.backup"; }
};

TEST_F(Upgrade, HappensWhenTheStoreIsOpenedForWriting) {
    const auto store = open();
    add(*store, newRun());
    EXPECT_EQ(store->list({})->size(), 1U);
    EXPECT_EQ(sql(file(), "PRAGMA user_version"), newestSchema());
    EXPECT_EQ(sql(file(), "SELECT name FROM old_result"), "kept");
}

TEST_F(Upgrade, LeavesACopyOfTheFileAsItWas) {
    open();
    ASSERT_TRUE(fs::exists(backup()));
    EXPECT_EQ(sql(backup(), "PRAGMA user_version"), "0");
    EXPECT_EQ(sql(backup(), "PRAGMA application_id"), "1381188432");
    EXPECT_EQ(sql(backup(), "SELECT name FROM old_result"), "kept");
    EXPECT_EQ(sql(backup(), "PRAGMA integrity_check"), "ok");
}

TEST_F(Upgrade, NeverOverwritesAnEarlierCopy) {
    ASSERT_TRUE(writeOutput(backup(), "an earlier copy").ok());
    open();
    EXPECT_EQ(readFile(backup()).value(), "an earlier copy");
    EXPECT_TRUE(fs::exists(folder() / "ringscope.db.schema-0-2.backup"));
}

TEST_F(Upgrade, RemovesTheCopyThatAKilledUpgradeDidNotFinish) {
    ASSERT_TRUE(writeOutput(backup(), "half of it").ok());
    ASSERT_TRUE(writeOutput(backup().string() + "-journal", "how to undo it").ok());
    const fs::path other = folder() / "ringscope.db.schema-0-2.backup";
    ASSERT_TRUE(writeOutput(other, "an earlier copy").ok());
    open();
    EXPECT_EQ(sql(backup(), "SELECT name FROM old_result"), "kept");
    EXPECT_FALSE(fs::exists(backup().string() + "-journal"));
    EXPECT_EQ(readFile(other).value(), "an earlier copy");
}

TEST_F(Upgrade, HappensOnce) {
    open();
    open();
    EXPECT_EQ(filesOf(folder()).size(), 2U) << "the store and one copy";
}

TEST_F(Upgrade, IsLeftToAWriter) {
    const auto before = filesOf(folder());
    const auto store = Store::open(file(), Access::ReadOnly);
    ASSERT_FALSE(store.ok());
    EXPECT_EQ(store.error().code, ErrorCode::Unavailable);
    EXPECT_EQ(store.error().message, "'" + file().string() +
                                         "' is of an older Ringscope (schema 0, this one reads " +
                                         newestSchema() +
                                         "); "
                                         "`ringscope db upgrade` makes it new, after a backup");
    EXPECT_EQ(filesOf(folder()), before);
}

TEST_F(Upgrade, ThatFailsLeavesTheFileAsItWas) {
    sql(file(), "CREATE TABLE run_step (in_the_way)");
    const auto before = filesOf(folder());
    const auto store = Store::open(file(), Access::ReadWrite);
    ASSERT_FALSE(store.ok());
    EXPECT_EQ(store.error().message,
              "the store could not be upgraded from schema 0 and is unchanged: '" +
                  file().string() + "': table run_step already exists");
    EXPECT_EQ(filesOf(folder()), before);
}

TEST_F(Upgrade, GoesThroughEverySchemaInBetween) {
    constexpr std::array<Migration, 3> migrations = {{
        {0, "ALTER TABLE old_result ADD COLUMN first"},
        {1, "UPDATE old_result SET first = 'one'"},
        {2, "ALTER TABLE old_result RENAME COLUMN first TO third"},
    }};
    for (const char* from : {"0", "1"}) {
        Result<Database> database = Database::open(file(), Database::Mode::ReadWrite);
        ASSERT_TRUE(database.ok());
        const Result<fs::path> copy = store::upgrade(*database, migrations);
        ASSERT_TRUE(copy.ok()) << copy.error().message;
        EXPECT_EQ(copy->string(), file().string() + ".schema-" + from + ".backup");
        EXPECT_EQ(sql(file(), "PRAGMA user_version"), "3");
        EXPECT_EQ(sql(file(), "SELECT third FROM old_result"), "one");
        sql(file(),
            "ALTER TABLE old_result RENAME COLUMN third TO first;"
            "PRAGMA user_version = 1");
    }
}

// What schema 4 did, undone: one column for all waits.
void undoSchemaFour(const fs::path& file) {
    for (const char* change : {"DROP COLUMN wait_ms", "DROP COLUMN hidden_wait_ms",
                               "RENAME COLUMN all_wait_ms TO wait_ms"})
        sql(file, std::string("ALTER TABLE run ") + change);
}

// A store as the first schema left it, with a run in it.
TEST_F(Upgrade, KeepsTheRunsOfSchemaOne) {
    fs::remove(file());
    RunRecord run = newRun();
    add(*open(), run);
    forgetSchemaFive();
    undoSchemaFour(file());
    for (const char* column : {"traced_steps", "exposed_ms", "wait_ms", "transfer_ms", "hidden_pct",
                               "late_rank", "algbw", "busbw"})
        sql(file(), std::string("ALTER TABLE run DROP COLUMN ") + column);
    sql(file(), "PRAGMA user_version = 1");

    const auto store = open();
    EXPECT_EQ(sql(file(), "PRAGMA user_version"), newestSchema());
    const Result<RunRecord> kept = store->load(run.id);
    ASSERT_TRUE(kept.ok()) << kept.error().message;
    EXPECT_EQ(kept->name, run.name);
    EXPECT_EQ(kept->overlap, std::nullopt);
    EXPECT_TRUE(fs::exists(folder() / "ringscope.db.schema-1.backup"));
}

// As the second left it: it knew the times of messages, not how fast they were, and all waits as
// one sum, of which nobody knows what it cost.
TEST_F(Upgrade, KeepsTheFiguresOfSchemaTwoAndInventsNone) {
    fs::remove(file());
    RunRecord run = newRun();
    run.overlap = OverlapFigures{3, 1.25, 0.5, 0.25, 4, 12.5, 1, 1.5, 3.0};
    add(*open(), run);
    forgetSchemaFive();
    undoSchemaFour(file());
    sql(file(), "UPDATE run SET wait_ms = 0.75");
    for (const char* column : {"algbw", "busbw"})
        sql(file(), std::string("ALTER TABLE run DROP COLUMN ") + column);
    sql(file(), "PRAGMA user_version = 2");

    const Result<RunRecord> kept = open()->load(run.id);
    ASSERT_TRUE(kept.ok()) << kept.error().message;
    EXPECT_EQ(kept->overlap, (OverlapFigures{3, 1.25, std::nullopt, std::nullopt, 4, 12.5, 1}));
    EXPECT_EQ(sql(file(), "SELECT all_wait_ms FROM run"), "0.75");
    EXPECT_EQ(kept->overlap->busbw, std::nullopt);
    EXPECT_EQ(sql(file(), "PRAGMA user_version"), newestSchema());
    EXPECT_TRUE(fs::exists(folder() / "ringscope.db.schema-2.backup"));
}

// As the third left it: it knew the figures of a run, not its environment and no user's words.
TEST_F(Upgrade, KeepsTheRunsOfSchemaThreeAndInventsNoEnvironment) {
    fs::remove(file());
    const RunRecord run = add(*open(), newRun());
    forgetSchemaFive();

    const auto store = open();
    const Result<RunRecord> kept = store->load(run.id);
    ASSERT_TRUE(kept.ok()) << kept.error().message;
    EXPECT_EQ(kept->steps.size(), run.steps.size());
    EXPECT_EQ(kept->environment, RunEnvironment());
    EXPECT_EQ(kept->note, "");
    EXPECT_FALSE(kept->pinned);
    EXPECT_EQ(kept->archivedUs, 0);
    EXPECT_TRUE(fs::exists(folder() / "ringscope.db.schema-4.backup"));
    add(*store, newRun());
    EXPECT_EQ(store->list({})->size(), 2U);
}

// As the fifth left it: its programs gave no signs of life.
TEST_F(Upgrade, KeepsTheRunsOfSchemaFive) {
    fs::remove(file());
    const RunRecord run = add(*open(), newRun());
    forgetSchemaSix();
    EXPECT_EQ(open()->load(run.id)->status, RunStatus::Finished);
    EXPECT_EQ(sql(file(), "SELECT alive_us FROM run"), "0");
    EXPECT_TRUE(fs::exists(folder() / "ringscope.db.schema-5.backup"));
}

// As the sixth left it: nothing was known of experts.
TEST_F(Upgrade, KeepsTheRunsOfSchemaSix) {
    fs::remove(file());
    const RunRecord run = add(*open(), newRun());
    forgetSchemaSeven();
    const RunRecord kept = open()->load(run.id).value();
    EXPECT_EQ(kept.status, RunStatus::Finished);
    EXPECT_TRUE(kept.routing.empty());
    EXPECT_EQ(kept.rankRecords.front().expertBytesPerStep, Bytes{0});
    EXPECT_TRUE(fs::exists(folder() / "ringscope.db.schema-6.backup"));
}

// As the seventh left it: nothing was validated.
TEST_F(Upgrade, KeepsTheRunsOfSchemaSeven) {
    fs::remove(file());
    const RunRecord run = add(*open(), newRun());
    forgetSchemaEight();
    const RunRecord kept = open()->load(run.id).value();
    EXPECT_EQ(kept.status, RunStatus::Finished);
    EXPECT_TRUE(kept.validations.empty());
    EXPECT_TRUE(fs::exists(folder() / "ringscope.db.schema-7.backup"));
}

// As the eighth left it: nothing was predicted, which is not the same as a step of no time.
TEST_F(Upgrade, KeepsTheRunsOfSchemaEightAndInventsNoPrediction) {
    fs::remove(file());
    const RunRecord run = add(*open(), newRun());
    forgetSchemaNine(file());
    const auto store = open();
    const RunRecord kept = store->load(run.id).value();
    EXPECT_EQ(kept.status, RunStatus::Finished);
    EXPECT_EQ(kept.prediction, std::nullopt);
    EXPECT_EQ(kept.unpredicted, "");
    EXPECT_TRUE(fs::exists(folder() / "ringscope.db.schema-8.backup"));
}

// As the ninth left it: a note said what a run continues, and nothing what it trains.
TEST_F(Upgrade, FindsInNotesOfSchemaNineWhatARunContinues) {
    fs::remove(file());
    const RunRecord first = add(*open(), newRun());
    RunRecord second = newRun();
    second.notes = {"a note", "continues run " + first.id.text.substr(0, 8) +
                                  " from step 3 (checkpoints/step-00000003)"};
    add(*open(), second);
    RunRecord third = newRun();
    third.notes = {"continues run 00000000 from step 2 (of another store)"};
    add(*open(), third);
    forgetSchemaTen(file());
    sql(file(), "UPDATE run SET notes = 'no JSON' WHERE uuid = '" + first.id.text + "'");
    const auto store = open();
    EXPECT_EQ(store->load(first.id)->continues, std::nullopt);
    EXPECT_EQ(store->load(first.id)->trainedParameters, 0);
    EXPECT_EQ(store->load(second.id)->continues, (Continuation{first.id, 3}));
    EXPECT_EQ(store->load(third.id)->continues, std::nullopt);
    EXPECT_TRUE(fs::exists(folder() / "ringscope.db.schema-9.backup"));
}

TEST_F(Upgrade, FindsNothingToDoWhereAnotherProgramWasFaster) {
    open();
    Result<Database> database = Database::open(file(), Database::Mode::ReadWrite);
    ASSERT_TRUE(database.ok());
    const Result<fs::path> copy = store::upgrade(*database, store::migrationTable());
    ASSERT_TRUE(copy.ok());
    EXPECT_TRUE(copy->empty());
}

TEST(MigrationTable, HasARowForEverySchemaInOrder) {
    int schema = 0;
    for (const Migration& migration : store::migrationTable()) EXPECT_EQ(migration.from, schema++);
    EXPECT_EQ(store::knownSchema(store::migrationTable()), schema);
}

}  // namespace
}  // namespace ringscope::test
