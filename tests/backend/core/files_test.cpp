#include "backend/core/files.h"

#include "backend/core/ids.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <algorithm>
#include <cstdlib>

namespace ringscope {
namespace {

namespace fs = std::filesystem;

// An empty folder of its own for every test, gone with it.
class Files : public testing::Test {
protected:
    Files() { fs::create_directories(folder_); }
    ~Files() override { fs::remove_all(folder_); }

    const fs::path folder_ = fs::path(testing::TempDir()) / ("files " + RunId::random().text);
};

TEST_F(Files, AreReadBackByteForByteAsTheyWereWritten) {
    const std::string content("a\0b\r\n\xff", 6);
    ASSERT_TRUE(writeFileAtomically(folder_ / "f", content).ok());
    EXPECT_EQ(readFile(folder_ / "f").value(), content);
    ASSERT_TRUE(writeFileAtomically(folder_ / "f", "").ok());
    EXPECT_EQ(readFile(folder_ / "f").value(), "");
}

TEST_F(Files, ThatDoNotExistAreNotFoundByName) {
    const Result<std::string> content = readFile(folder_ / "none.yaml");
    ASSERT_FALSE(content.ok());
    EXPECT_EQ(content.error().code, ErrorCode::NotFound);
    EXPECT_EQ(content.error().message,
              "cannot read '" + (folder_ / "none.yaml").string() + "': No such file or directory");
}

TEST_F(Files, ThatAreFoldersAreNotRead) {
    const Result<std::string> content = readFile(folder_);
    ASSERT_FALSE(content.ok());
    EXPECT_EQ(content.error().message, "'" + folder_.string() + "' is a folder, not a file");
}

TEST_F(Files, WrittenAtomicallyLeaveNoOtherFileBehind) {
    ASSERT_TRUE(writeFileAtomically(folder_ / "f", "one").ok());
    ASSERT_TRUE(writeFileAtomically(folder_ / "f", "two").ok());
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
    EXPECT_EQ(readFile(folder_ / "f").value(), "two");
}

TEST_F(Files, AreAsReadableAsTheUsersMaskAllows) {
    ASSERT_TRUE(writeFileAtomically(folder_ / "f", "x").ok());
    const mode_t mask = ::umask(0);
    ::umask(mask);
    EXPECT_EQ(static_cast<mode_t>(fs::status(folder_ / "f").permissions()), 0666 & ~mask);
}

TEST_F(Files, ThatCannotReplaceTheirTargetLeaveItAndNothingElse) {
    fs::create_directories(folder_ / "target" / "full");
    const Result<void> written = writeFileAtomically(folder_ / "target", "x");
    ASSERT_FALSE(written.ok());
    EXPECT_EQ(written.error().message.find("cannot write '" + (folder_ / "target").string()), 0U);
    EXPECT_TRUE(fs::is_directory(folder_ / "target" / "full"));
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
}

TEST_F(Files, InAMissingFolderCannotBeWritten) {
    const Result<void> written = writeFileAtomically(folder_ / "no" / "f", "x");
    ASSERT_FALSE(written.ok());
    EXPECT_EQ(written.error().code, ErrorCode::NotFound);
}

TEST(ProgramDirectory, HoldsTheRunningProgram) {
    EXPECT_TRUE(fs::exists(programDirectory() / "core_tests")) << programDirectory();
}

// Sets a variable, and puts back what was there.
class ScopedVariable {
public:
    ScopedVariable(const char* name, const char* value) : name_(name) {
        if (const char* before = std::getenv(name)) before_ = before;
        ::setenv(name, value, 1);
    }
    ~ScopedVariable() {
        if (before_)
            ::setenv(name_, before_->c_str(), 1);
        else
            ::unsetenv(name_);
    }
    ScopedVariable(const ScopedVariable&) = delete;
    ScopedVariable& operator=(const ScopedVariable&) = delete;

private:
    const char* name_;
    std::optional<std::string> before_;
};

TEST(DataDirectory, FollowsXdgDataHomeWhereItIsAbsolute) {
    const ScopedVariable home("HOME", "/home/ada");
    {
        const ScopedVariable data("XDG_DATA_HOME", "/data");
        EXPECT_EQ(dataDirectory(), "/data/ringscope");
    }
    for (const char* unusable : {"", "relative"}) {
        const ScopedVariable data("XDG_DATA_HOME", unusable);
        EXPECT_EQ(dataDirectory(), "/home/ada/.local/share/ringscope");
    }
}

}  // namespace
}  // namespace ringscope
