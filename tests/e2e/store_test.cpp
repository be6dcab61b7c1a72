// A store that cannot be used: a sentence, exit code 5, and the file as it was.
#include "backend/core/files.h"
#include "tests/e2e/cli.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

namespace ringscope::test {
namespace {

namespace fs = std::filesystem;

std::string bytes(const fs::path& file) { return readFile(file).value(); }

void makeForeignDatabase(const fs::path& file) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(
        sqlite3_exec(database, "CREATE TABLE recipe(name TEXT); INSERT INTO recipe VALUES('x')",
                     nullptr, nullptr, nullptr),
        SQLITE_OK);
    sqlite3_close(database);
}

// Every verb that would use the store refuses it and leaves its folder as it was.
void expectRefused(const Cli& cli) {
    const std::string before = bytes(cli.store());
    const auto experiment = cli.write("one.yaml", smallExperiment());
    for (const std::vector<std::string>& verb :
         {std::vector<std::string>{"run", experiment}, {"runs", "ls"}, {"compare"}}) {
        const Ended ended = cli.run(verb);
        EXPECT_EQ(ended.exitCode, 5) << verb[0] << ": " << ended.err;
        EXPECT_NE(ended.err.find("runs.db"), std::string::npos) << ended.err;
        EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
        EXPECT_EQ(bytes(cli.store()), before);
        for (const char* suffix : {"-wal", "-shm", "-journal"})
            EXPECT_FALSE(fs::exists(cli.store().string() + suffix)) << suffix;
    }
}

TEST(UnusableStore, AnEmptyFile) {
    const Cli cli;
    cli.write("runs.db", "");
    expectRefused(cli);
}

TEST(UnusableStore, AFileThatIsNoDatabase) {
    const Cli cli;
    cli.write("runs.db", std::string(4096, 'x'));
    expectRefused(cli);
}

TEST(UnusableStore, AnotherProgramsDatabase) {
    const Cli cli;
    makeForeignDatabase(cli.store());
    expectRefused(cli);
}

TEST(UnusableStore, ATruncatedStore) {
    const Cli cli;
    ASSERT_EQ(cli.run({"run", cli.write("one.yaml", smallExperiment()), "--no-reference"}).exitCode,
              0);
    fs::resize_file(cli.store(), fs::file_size(cli.store()) / 2);
    for (const char* suffix : {"-wal", "-shm"}) fs::remove(cli.store().string() + suffix);
    expectRefused(cli);
}

TEST(UnusableStore, AFolderThatCannotBeWritten) {
    const Cli cli;
    const fs::path folder = cli.folder() / "locked";
    fs::create_directory(folder);
    const auto experiment = cli.write("one.yaml", smallExperiment());
    // A copy, because the folder of the build may be one that only its owner may enter.
    const fs::path program = cli.folder() / "ringscope";
    fs::copy_file(RINGSCOPE_BIN "/ringscope", program);
    fs::copy_file("/bin/true", cli.folder() / "ringscope-rank");  // which is looked for first
    std::vector<std::string> words = {program, "--db", folder / "runs.db", "run", experiment};
    if (::geteuid() == 0) {
        // Permissions do not bind root, so the program runs as somebody else.
        fs::permissions(cli.folder(), fs::perms::all);
        words.insert(words.begin(),
                     {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
    }
    fs::permissions(folder, fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read |
                                fs::perms::others_exec);
    const Ended ended = runProgram(words, cli.options());
    EXPECT_EQ(ended.exitCode, 5) << ended.err;
    EXPECT_NE(ended.err.find("locked"), std::string::npos) << ended.err;
    EXPECT_TRUE(fs::is_empty(folder));
}

}  // namespace
}  // namespace ringscope::test
