#include "launcher/run_origin.h"

#include "launcher/spawn_program.h"
#include "tests/support/program.h"

#include <gtest/gtest.h>
#include <fstream>

namespace ringscope::test {
namespace {

class RunOriginTest : public ::testing::Test {
protected:
    bool git(std::vector<std::string> words) const {
        words.insert(words.begin(), {"git", "-C", folder.path().string(), "-c", "user.name=a", "-c",
                                     "user.email=a@b", "-c", "commit.gpgsign=false"});
        const Result<ProgramEnd> end = runToEnd({.words = std::move(words)});
        return end.ok() && end->code == 0;
    }
    void write(const std::string& content) const {
        std::ofstream(folder.path() / "a.yaml") << content;
    }

    TemporaryFolder folder;
};

TEST_F(RunOriginTest, OfAFolderWithoutGitIsTheCommandAlone) {
    const RunOrigin origin = runOrigin("ringscope demo", folder.path());
    EXPECT_EQ(origin.command, "ringscope demo");
    EXPECT_EQ(origin.folder, folder.path().string());
    EXPECT_EQ(origin.commit, "");
    EXPECT_FALSE(origin.dirty.has_value());
}

TEST_F(RunOriginTest, SaysWhetherTrackedFilesWereChanged) {
    if (!git({"init", "-q"})) GTEST_SKIP() << "there is no git on this machine";
    write("one");
    ASSERT_TRUE(git({"add", "a.yaml"}));
    ASSERT_TRUE(git({"commit", "-q", "-m", "first"}));
    const RunOrigin clean = runOrigin("", folder.path());
    EXPECT_EQ(clean.commit.size(), 40U);
    EXPECT_EQ(clean.dirty, false);
    write("two");
    const RunOrigin changed = runOrigin("", folder.path());
    EXPECT_EQ(changed.commit, clean.commit);
    EXPECT_EQ(changed.dirty, true);
}

}  // namespace
}  // namespace ringscope::test
