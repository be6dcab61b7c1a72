// Opening: what is no store is refused with a sentence, stays as it is, and gets nothing beside it.
#include "backend/core/files.h"
#include "backend/core/output_file.h"
#include "backend/core/units.h"
#include "backend/store/file_system.h"
#include "backend/store/schema.h"
#include "tests/backend/store/store_fixture.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ringscope::test {
namespace {
namespace fs = std::filesystem;

// A user who owns nothing; only root can become one, and root is above permissions.
class AsNobody {
public:
    AsNobody() : was_(::geteuid()) {
        if (was_ == 0 && ::seteuid(65534) != 0) throw std::runtime_error("cannot leave root");
    }
    ~AsNobody() { static_cast<void>(::seteuid(was_)); }
    AsNobody(const AsNobody&) = delete;
    AsNobody& operator=(const AsNobody&) = delete;

private:
    uid_t was_;
};

class Opening : public StoreTest {
protected:
    void write(std::string_view bytes) { ASSERT_TRUE(writeOutput(file(), bytes).ok()); }
    std::string quoted() const { return "'" + file().string() + "'"; }

    // Both kinds of access refuse with this error and change nothing in the folder.
    void expectRefused(ErrorCode code, const std::string& message) {
        const auto before = filesOf(folder());
        for (const Access access : {Access::ReadOnly, Access::ReadWrite})
            expectRefused(access, code, message, before);
    }
    void expectRefused(Access access, ErrorCode code, const std::string& message,
                       const std::map<std::string, std::string>& before) {
        const auto store = Store::open(file(), access, std::chrono::milliseconds(20));
        ASSERT_FALSE(store.ok());
        EXPECT_EQ(store.error().message, message);
        EXPECT_EQ(store.error().code, code);
        EXPECT_EQ(filesOf(folder()), before);
    }

    // A store with a run in it, closed.
    RunId make() {
        const auto store = open();
        return add(*store, newRun()).id;
    }
};

TEST_F(Opening, MakesTheFileItsFolderAndNothingElse) {
    const fs::path file = folder() / "some where" / "100% #1?" / "ringscope.db";
    ASSERT_TRUE(Store::open(file, Access::ReadWrite).ok());
    EXPECT_EQ(filesOf(file.parent_path()).size(), 1U);
    EXPECT_EQ(sql(file, "PRAGMA application_id"), "1381188432") << "RSCP";
    EXPECT_EQ(sql(file, "PRAGMA user_version"),
              std::to_string(store::knownSchema(store::migrationTable())));
    EXPECT_EQ(sql(file, "PRAGMA journal_mode"), "wal");
    EXPECT_EQ(sql(file,
                  "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND "
                  "name NOT LIKE 'sqlite%' AND strict = 0"),
              "0");
}

TEST_F(Opening, ForReadingMakesNothing) {
    const auto store = Store::open(folder() / "deep" / "ringscope.db", Access::ReadOnly);
    ASSERT_FALSE(store.ok());
    EXPECT_EQ(store.error().code, ErrorCode::NotFound);
    EXPECT_EQ(store.error().message, "there is no store at '" +
                                         (folder() / "deep" / "ringscope.db").string() +
                                         "' yet; `ringscope demo` makes one");
    EXPECT_TRUE(filesOf(folder()).empty());
}

TEST_F(Opening, ForReadingLeavesTheFileAsItWas) {
    const RunId id = make();
    const auto before = filesOf(folder());
    {
        const auto store = open(Access::ReadOnly);
        EXPECT_EQ(store->list({})->size(), 1U);
        EXPECT_TRUE(store->load(id).ok());
    }
    EXPECT_EQ(filesOf(folder()), before);
}

TEST_F(Opening, ForReadingRefusesToWrite) {
    make();
    const auto store = open(Access::ReadOnly);
    const Result<void> created = store->created(newRun());
    ASSERT_FALSE(created.ok());
    EXPECT_EQ(created.error().code, ErrorCode::Unavailable);
    EXPECT_EQ(store->list({})->size(), 1U);
}

TEST_F(Opening, FollowsALinkToTheStore) {
    make();
    fs::create_directory(folder() / "links");
    fs::create_symlink(file(), folder() / "links" / "mine.db");
    const auto store = Store::open(folder() / "links" / "mine.db", Access::ReadOnly);
    ASSERT_TRUE(store.ok());
    EXPECT_EQ((*store)->path(), file());
}

TEST_F(Opening, RefusesAnEmptyFile) {
    write("");
    expectRefused(ErrorCode::Corrupt, quoted() +
                                          " is an empty file, not a Ringscope store; "
                                          "delete it or name another file with --db");
}

TEST_F(Opening, RefusesAFileThatIsNoSqlite) {
    for (const std::string& bytes :
         {std::string("x"), std::string("name: four-modes\n"), std::string(100'000, '\0')}) {
        write(bytes);
        expectRefused(ErrorCode::Corrupt, quoted() +
                                              " is no SQLite file, so not a Ringscope "
                                              "store; name another file with --db");
    }
}

TEST_F(Opening, RefusesAnotherProgramsDatabase) {
    sql(file(), "CREATE TABLE run (id); INSERT INTO run VALUES (1)");
    for (const char* change : {"SELECT 1", "PRAGMA application_id = 252006674",
                               "PRAGMA journal_mode = WAL", "PRAGMA user_version = 1"}) {
        sql(file(), change);
        expectRefused(ErrorCode::Corrupt, quoted() +
                                              " is a database of another program, not a "
                                              "Ringscope store; name another file with --db");
    }
}

TEST_F(Opening, RefusesADatabaseThatOnlySaysItIsAStore) {
    sql(file(),
        "PRAGMA application_id = 1381188432; PRAGMA user_version = 1;"
        "CREATE TABLE run (id); INSERT INTO run VALUES (1)");
    for (const char* change : {"journal_mode = DELETE", "journal_mode = WAL", "user_version = 2"}) {
        sql(file(), std::string("PRAGMA ") + change);
        expectRefused(ErrorCode::Corrupt, quoted() +
                                              " is not a Ringscope store: it lacks the table "
                                              "'meta'; name another file with --db");
    }
}

// What a file that somebody planted could run.
TEST_F(Opening, RefusesAStoreWithTriggersOrViews) {
    for (const char* code :
         {"CREATE TRIGGER t AFTER INSERT ON run BEGIN UPDATE run SET name = 'x'; END",
          "CREATE VIEW v AS SELECT * FROM run"}) {
        fs::remove(file());
        make();
        sql(file(), code);
        const bool trigger = std::string(code).starts_with("CREATE TRIGGER");
        expectRefused(ErrorCode::Corrupt,
                      quoted() + (trigger ? " holds a trigger ('t')" : " holds a view ('v')") +
                          ", which no Ringscope makes and which could change what is read and "
                          "written; name another file with --db");
    }
}

TEST_F(Opening, RefusesAFileThatIsCutShortWhereverItWasCut) {
    make();
    const std::string whole = readFile(file()).value();
    for (const std::size_t kept : {std::size_t{16}, std::size_t{99}, std::size_t{100},
                                   std::size_t{4096}, whole.size() / 2, whole.size() - 1}) {
        write(whole.substr(0, kept));
        SCOPED_TRACE(kept);
        const auto before = filesOf(folder());
        for (const Access access : {Access::ReadOnly, Access::ReadWrite}) {
            const auto store = Store::open(file(), access);
            ASSERT_FALSE(store.ok());
            EXPECT_EQ(store.error().code, ErrorCode::Corrupt);
            EXPECT_NE(
                store.error().message.find(
                    " is cut short: " + formatCount(static_cast<std::int64_t>(kept)) + " of "),
                std::string::npos)
                << store.error().message;
            EXPECT_EQ(filesOf(folder()), before);
        }
    }
}

TEST_F(Opening, RefusesANewerSchema) {
    make();
    const int known = store::knownSchema(store::migrationTable());
    sql(file(), "PRAGMA user_version = " + std::to_string(known + 1));
    expectRefused(ErrorCode::Unavailable,
                  quoted() + " was written by a newer Ringscope (schema " +
                      std::to_string(known + 1) + ", this one knows " + std::to_string(known) +
                      "); upgrade Ringscope or name another file with --db");
}

TEST_F(Opening, RefusesAFolder) {
    fs::create_directory(file());
    expectRefused(ErrorCode::Corrupt, quoted() +
                                          " is a folder, not a Ringscope store; name a "
                                          "file in it, such as '" +
                                          (file() / "ringscope.db").string() + "'");
}

TEST_F(Opening, SaysThatAFolderMayNotBeSearched) {
    make();
    fs::permissions(folder(), fs::perms::owner_read | fs::perms::others_read);
    const auto opened = [this] {
        const AsNobody nobody;
        return Store::open(file(), Access::ReadOnly);
    };
    const auto store = opened();
    fs::permissions(folder(), fs::perms::owner_all);
    ASSERT_FALSE(store.ok());
    EXPECT_EQ(store.error().code, ErrorCode::Unavailable);
    EXPECT_EQ(store.error().message,
              "cannot read " + quoted() + ": Permission denied; name another place with --db");
}

TEST_F(Opening, RefusesAPipeWithoutWaitingForIt) {
    ASSERT_EQ(::mkfifo(file().c_str(), 0600), 0);
    expectRefused(ErrorCode::Corrupt, quoted() +
                                          " is not a regular file, so it is no Ringscope store; "
                                          "name another file with --db");
}

TEST_F(Opening, RefusesAStoreThatAnotherProgramHasLocked) {
    make();
    sqlite3* other = nullptr;
    ASSERT_EQ(::sqlite3_open(file().c_str(), &other), SQLITE_OK);
    ASSERT_EQ(::sqlite3_exec(other, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE", nullptr,
                             nullptr, nullptr),
              SQLITE_OK);
    expectRefused(ErrorCode::Locked,
                  quoted() + " is locked by another program; try again when it is done");
    ::sqlite3_close(other);
    EXPECT_TRUE(Store::open(file(), Access::ReadOnly).ok());
}

TEST_F(Opening, RefusesToMakeAStoreWhereThisUserCannotWrite) {
    ASSERT_EQ(::chmod(folder().c_str(), 0555), 0);
    const AsNobody nobody;
    for (const fs::path& path : {file(), folder() / "new" / "ringscope.db"}) {
        const auto store = Store::open(path, Access::ReadWrite);
        ASSERT_FALSE(store.ok());
        EXPECT_EQ(store.error().code, ErrorCode::Unavailable);
        EXPECT_THAT(store.error().message,
                    ::testing::MatchesRegex("cannot make .* '" + path.parent_path().string() +
                                            "': Permission denied; name another place with --db"));
    }
    EXPECT_TRUE(filesOf(folder()).empty());
}

TEST_F(Opening, ReadsAReadOnlyFolderAndRefusesToWriteToIt) {
    const RunId id = make();
    ASSERT_EQ(::chmod(folder().c_str(), 0555), 0);
    ASSERT_EQ(::chmod(file().c_str(), 0666), 0);
    const auto before = filesOf(folder());
    const AsNobody nobody;
    const auto writer = Store::open(file(), Access::ReadWrite);
    ASSERT_FALSE(writer.ok());
    EXPECT_EQ(writer.error().code, ErrorCode::Unavailable);
    EXPECT_EQ(writer.error().message, "cannot write to " + quoted() +
                                          ", which needs files beside it in '" + folder().string() +
                                          "': Permission denied; name another place with --db");
    const auto reader = Store::open(file(), Access::ReadOnly);
    ASSERT_TRUE(reader.ok()) << reader.error().message;
    EXPECT_TRUE((*reader)->load(id).ok());
    EXPECT_EQ(filesOf(folder()), before);
}

TEST_F(Opening, ReadsAReadOnlyFileAndRefusesToWriteToIt) {
    const RunId id = make();
    ASSERT_EQ(::chmod(folder().c_str(), 0777), 0);
    ASSERT_EQ(::chmod(file().c_str(), 0444), 0);
    const AsNobody nobody;
    const auto writer = Store::open(file(), Access::ReadWrite);
    ASSERT_FALSE(writer.ok());
    EXPECT_EQ(writer.error().message,
              "cannot write to " + quoted() + ": Permission denied; name another place with --db");
    const auto reader = Store::open(file(), Access::ReadOnly);
    ASSERT_TRUE(reader.ok()) << reader.error().message;
    EXPECT_TRUE((*reader)->load(id).ok());
}

TEST_F(Opening, RefusesAFileThisUserCannotRead) {
    make();
    ASSERT_EQ(::chmod(folder().c_str(), 0755), 0);
    ASSERT_EQ(::chmod(file().c_str(), 0600), 0);
    const AsNobody nobody;
    for (const Access access : {Access::ReadOnly, Access::ReadWrite}) {
        const auto store = Store::open(file(), access);
        ASSERT_FALSE(store.ok());
        EXPECT_EQ(store.error().code, ErrorCode::Unavailable);
        EXPECT_EQ(store.error().message,
                  "cannot read " + quoted() + ": Permission denied; name another place with --db");
    }
}

TEST_F(Opening, AnswersDamageInsideTheFileWithASentence) {
    const RunId id = make();
    std::string bytes = readFile(file()).value();
    for (std::size_t at = 4096; at < bytes.size(); ++at) bytes[at] = '\x5a';
    write(bytes);
    const auto store = Store::open(file(), Access::ReadOnly);
    const Error error = store.ok() ? (*store)->load(id).error() : store.error();
    EXPECT_EQ(error.code, ErrorCode::Corrupt);
    EXPECT_EQ(error.message, quoted() +
                                 " is damaged (database disk image is malformed); move it "
                                 "away or name another file with --db");
    EXPECT_EQ(readFile(file()).value(), bytes);
}

TEST(NetworkFileSystem, IsKnownByItsType) {
    EXPECT_EQ(store::networkFileSystemName(0x6969), "NFS");
    EXPECT_EQ(store::networkFileSystemName(0x0bd00bd0), "Lustre");
    EXPECT_EQ(store::networkFileSystemName(0xff534d42), "CIFS");
    EXPECT_EQ(store::networkFileSystemName(0xef53), "") << "ext4 is a disk of this host";
    EXPECT_EQ(store::networkFileSystemName(0x01021994), "") << "tmpfs is memory of this host";
}

TEST_F(Opening, HasNoCautionToGiveOnALocalDisk) {
    if (!store::networkFileSystem(file()).empty()) GTEST_SKIP() << "the temporary folder is shared";
    EXPECT_EQ(open()->caution(), "");
}

}  // namespace
}  // namespace ringscope::test
