#include "backend/core/files.h"

#include "backend/core/ids.h"
#include "backend/core/output_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>

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
    ASSERT_TRUE(writeOutput(folder_ / "f", content).ok());
    EXPECT_EQ(readFile(folder_ / "f").value(), content);
    ASSERT_TRUE(writeOutput(folder_ / "f", "").ok());
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

TEST_F(Files, ThatAreDevicesOrPipesAreNotRead) {
    const fs::path pipe = folder_ / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0666), 0);
    for (const fs::path& path : {fs::path("/dev/zero"), pipe}) {
        const Result<std::string> content = readFile(path);
        ASSERT_FALSE(content.ok());
        EXPECT_EQ(content.error().code, ErrorCode::InvalidConfig);
        EXPECT_EQ(content.error().message, "'" + path.string() + "' is no regular file; name one");
    }
}

TEST_F(Files, OfTextAreReadUpToALimit) {
    const fs::path file = folder_ / "big.yaml";
    ASSERT_TRUE(writeOutput(file, std::string(largestTextFile, 'a')).ok());
    EXPECT_EQ(readTextFile(file).value().size(), largestTextFile);
    fs::resize_file(file, largestTextFile + 1);
    EXPECT_EQ(readFile(file).value().size(), largestTextFile + 1);
    const Result<std::string> text = readTextFile(file);
    ASSERT_FALSE(text.ok());
    EXPECT_EQ(text.error().code, ErrorCode::InvalidConfig);
    EXPECT_EQ(text.error().message, "'" + file.string() +
                                        "' is larger than 16.0 MiB, which no experiment, hostfile "
                                        "or rule file is; is it the right one?");
}

TEST(Text, OfAStreamIsReadUpToTheSameLimit) {
    std::istringstream some("model: nano\n");
    EXPECT_EQ(readText(some, "standard input").value(), "model: nano\n");
    std::ifstream endless("/dev/zero");
    const Result<std::string> text = readText(endless, "standard input");
    ASSERT_FALSE(text.ok());
    EXPECT_EQ(text.error().message.find("standard input is larger than 16.0 MiB"), 0U);
}

TEST_F(Files, LieInFoldersThatNobodyElseMayEnter) {
    fs::create_directories(folder_ / "open");
    fs::permissions(folder_ / "open", fs::perms::all);
    ASSERT_TRUE(makePrivateFolder(folder_ / "open" / "a" / "b").ok());
    EXPECT_EQ(fs::status(folder_ / "open").permissions(), fs::perms::all);
    for (const char* made : {"open/a", "open/a/b"})
        EXPECT_EQ(fs::status(folder_ / made).permissions(), fs::perms::owner_all) << made;
    EXPECT_TRUE(makePrivateFolder(folder_ / "open" / "a" / "b").ok());
    ASSERT_TRUE(writeOutput(folder_ / "file", "").ok());
    EXPECT_EQ(makePrivateFolder(folder_ / "file" / "in").error().message,
              "cannot make the folder '" + (folder_ / "file").string() + "': File exists");
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
