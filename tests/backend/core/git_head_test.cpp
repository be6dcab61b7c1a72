#include "backend/core/git_head.h"

#include "backend/core/output_file.h"
#include "tests/support/program.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

namespace fs = std::filesystem;

const std::string hash = "0123456789abcdef0123456789abcdef01234567";

class GitHead : public ::testing::Test {
protected:
    void write(const fs::path& name, const std::string& content) const {
        fs::create_directories((folder_ / name).parent_path());
        ASSERT_TRUE(writeOutput(folder_ / name, content).ok());
    }

    const test::TemporaryFolder own_;
    const fs::path& folder_ = own_.path();
};

TEST_F(GitHead, IsEmptyWhereThereIsNoWorkTree) { EXPECT_EQ(gitCommit(folder_ / "none"), ""); }

TEST_F(GitHead, IsTheHashOfADetachedHead) {
    write(".git/HEAD", hash + "\n");
    EXPECT_EQ(gitCommit(folder_), hash);
}

TEST_F(GitHead, FollowsABranchFromAFolderBelow) {
    write(".git/HEAD", "ref: refs/heads/main\n");
    write(".git/refs/heads/main", hash + "\n");
    write("deep/er/file", "");
    EXPECT_EQ(gitCommit(folder_ / "deep/er"), hash);
}

TEST_F(GitHead, FindsABranchThatIsPacked) {
    write(".git/HEAD", "ref: refs/heads/main\n");
    write(".git/packed-refs",
          "# pack-refs with: peeled\nffff refs/heads/other\n" + hash + " refs/heads/main\n^1111\n");
    EXPECT_EQ(gitCommit(folder_), hash);
}

TEST_F(GitHead, OfALinkedWorkTreeIsFoundInTheMainOne) {
    write("main/.git/worktrees/w/HEAD", "ref: refs/heads/w\n");
    write("main/.git/worktrees/w/commondir", "../..\n");
    write("main/.git/refs/heads/w", hash + "\n");
    write("linked/.git", "gitdir: ../main/.git/worktrees/w\n");
    EXPECT_EQ(gitCommit(folder_ / "linked"), hash);
}

TEST_F(GitHead, IsEmptyBeforeTheFirstCommitAndOfDamagedFiles) {
    write(".git/HEAD", "ref: refs/heads/main\n");
    EXPECT_EQ(gitCommit(folder_), "");
    write(".git/refs/heads/main", "rubbish\n");
    EXPECT_EQ(gitCommit(folder_), "");
    write(".git/HEAD", "ref: HEAD\n");  // refers to itself
    EXPECT_EQ(gitCommit(folder_), "");
}

}  // namespace
}  // namespace ringscope
