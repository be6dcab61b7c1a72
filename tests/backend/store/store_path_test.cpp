// Where the store is looked for.
#include "backend/core/output_file.h"
#include "tests/backend/store/store_fixture.h"

#include <unistd.h>
#include <cstdlib>

namespace ringscope::test {
namespace {
namespace fs = std::filesystem;

class DefaultStorePath : public StoreTest {
protected:
    void SetUp() override {
        ::unsetenv("RINGSCOPE_DB");
        ::setenv("XDG_DATA_HOME", (folder() / "data").c_str(), 1);
        fs::create_directories(folder() / "project" / "deep" / "er");
        fs::current_path(folder() / "project" / "deep" / "er");
    }
    void TearDown() override { fs::current_path("/"); }
};

TEST_F(DefaultStorePath, IsInTheDataFolderWhereNothingElseIsSaid) {
    EXPECT_EQ(defaultStorePath(), folder() / "data" / "ringscope" / "ringscope.db");
}

TEST_F(DefaultStorePath, IsTheNearestProjectsOwnStore) {
    for (const char* project : {".", "project"}) {
        const fs::path store = fs::canonical(folder() / project) / ".ringscope" / "ringscope.db";
        fs::create_directories(store.parent_path());
        ASSERT_TRUE(writeOutput(store, "").ok());
        EXPECT_EQ(defaultStorePath(), store);
    }
}

TEST_F(DefaultStorePath, IsNoStoreThatAnotherUserLaidThere) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file to another user";
    const fs::path store = fs::current_path() / ".ringscope" / "ringscope.db";
    fs::create_directories(store.parent_path());
    ASSERT_TRUE(writeOutput(store, "").ok());
    constexpr uid_t nobody = 65534;
    for (const fs::path& given : {store, store.parent_path()}) {
        ASSERT_EQ(::chown(given.c_str(), nobody, nobody), 0);
        EXPECT_EQ(defaultStorePath(), folder() / "data" / "ringscope" / "ringscope.db") << given;
        ASSERT_EQ(::chown(given.c_str(), ::geteuid(), ::getegid()), 0);
        EXPECT_EQ(defaultStorePath(), store);
    }
}

TEST_F(DefaultStorePath, IsTheVariablesBeforeAllOthers) {
    fs::create_directories(".ringscope");
    ASSERT_TRUE(writeOutput(".ringscope/ringscope.db", "").ok());
    ::setenv("RINGSCOPE_DB", "/elsewhere/mine.db", 1);
    EXPECT_EQ(defaultStorePath(), "/elsewhere/mine.db");
    ::setenv("RINGSCOPE_DB", "", 1);
    EXPECT_NE(defaultStorePath(), "");
}

}  // namespace
}  // namespace ringscope::test
