// Where the store is looked for.
#include "tests/backend/store/store_fixture.h"

#include <cstdlib>

namespace ringscope::testing {
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
        ASSERT_TRUE(writeFileAtomically(store, "").ok());
        EXPECT_EQ(defaultStorePath(), store);
    }
}

TEST_F(DefaultStorePath, IsTheVariablesBeforeAllOthers) {
    fs::create_directories(".ringscope");
    ASSERT_TRUE(writeFileAtomically(".ringscope/ringscope.db", "").ok());
    ::setenv("RINGSCOPE_DB", "/elsewhere/mine.db", 1);
    EXPECT_EQ(defaultStorePath(), "/elsewhere/mine.db");
    ::setenv("RINGSCOPE_DB", "", 1);
    EXPECT_NE(defaultStorePath(), "");
}

}  // namespace
}  // namespace ringscope::testing
