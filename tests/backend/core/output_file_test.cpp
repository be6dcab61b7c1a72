#include "backend/core/output_file.h"

#include "backend/core/files.h"
#include "tests/support/program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <iterator>
#include <ostream>
#include <string>
#include <thread>

namespace ringscope {
namespace {

namespace fs = std::filesystem;

class Output : public ::testing::Test {
protected:
    fs::path make(const std::string& name, const std::string& content, mode_t permissions) const {
        const fs::path file = folder_ / name;
        EXPECT_TRUE(writeOutput(file, content).ok());
        EXPECT_EQ(::chmod(file.c_str(), permissions), 0);
        return file;
    }
    std::ptrdiff_t filesLeft() const { return std::distance(fs::directory_iterator(folder_), {}); }

    const test::TemporaryFolder own_;
    const fs::path& folder_ = own_.path();
};

mode_t permissionsOf(const fs::path& file) {
    return static_cast<mode_t>(fs::status(file).permissions());
}

std::string refusalOf(const Result<void>& written) {
    if (written.ok()) return "written";
    EXPECT_EQ(written.error().code, ErrorCode::InvalidConfig);
    return written.error().message;
}

TEST_F(Output, ReplacesAFileAndLeavesNoOtherBehind) {
    ASSERT_TRUE(writeOutput(folder_ / "f", "one").ok());
    ASSERT_TRUE(writeOutput(folder_ / "f", [](std::ostream& out) { out << "tw" << 'o'; }).ok());
    EXPECT_EQ(filesLeft(), 1);
    EXPECT_EQ(readFile(folder_ / "f").value(), "two");
}

TEST_F(Output, KeepsThePermissionsOfTheFileItReplaces) {
    const fs::path secret = make("secret", "old", 0600);
    ASSERT_TRUE(writeOutput(secret, "new").ok());
    EXPECT_EQ(readFile(secret).value(), "new");
    EXPECT_EQ(permissionsOf(secret), 0600U);
}

TEST_F(Output, LeavesAReadOnlyFileAlone) {
    const fs::path kept = make("kept", "old", 0444);
    EXPECT_EQ(refusalOf(writeOutput(kept, "new")),
              "cannot write '" + kept.string() + "': it is read-only; name another file");
    EXPECT_EQ(readFile(kept).value(), "old");
}

TEST_F(Output, GoesToWhatALinkNamesAndKeepsTheLink) {
    const fs::path target = make("target", "old", 0640);
    fs::create_symlink("target", folder_ / "link");
    ASSERT_TRUE(writeOutput(folder_ / "link", "new").ok());
    EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
    EXPECT_EQ(readFile(target).value(), "new");
    EXPECT_EQ(permissionsOf(target), 0640U);
    EXPECT_EQ(filesLeft(), 2);
}

TEST_F(Output, DoesNotFollowALinkToNothing) {
    const fs::path link = folder_ / "link";
    fs::create_symlink("nowhere", link);
    EXPECT_EQ(refusalOf(writeOutput(link, "x")), "cannot write '" + link.string() +
                                                     "': it is a link to nothing; name another "
                                                     "file");
    EXPECT_EQ(filesLeft(), 1);
}

TEST_F(Output, IsWrittenThroughAPipeThatSomebodyReads) {
    const fs::path pipe = folder_ / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0666), 0);
    EXPECT_EQ(refusalOf(writeOutput(pipe, "x")),
              "cannot write '" + pipe.string() +
                  "': it is a pipe that nobody reads; name another "
                  "file");
    const std::string content(300'000, 'p');  // more than a pipe holds
    std::string got;
    const int end = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
    ASSERT_GE(end, 0);
    ::fcntl(end, F_SETFL, 0);
    std::thread reader([&] {
        std::array<char, 4096> piece;
        while (got.size() < content.size()) {
            const ssize_t count = ::read(end, piece.data(), piece.size());
            if (count > 0) got.append(piece.data(), static_cast<std::size_t>(count));
        }
    });
    EXPECT_TRUE(writeOutput(pipe, content).ok());
    reader.join();
    ::close(end);
    EXPECT_EQ(got, content);
    EXPECT_TRUE(fs::is_fifo(pipe));
}

TEST_F(Output, LeavesDevicesWhatTheyAre) {
    EXPECT_TRUE(writeOutput("/dev/null", "x").ok());
    const Result<void> full = writeOutput("/dev/full", "x");
    ASSERT_FALSE(full.ok());
    EXPECT_EQ(full.error().message, "cannot write '/dev/full': No space left on device");
    for (const char* device : {"/dev/null", "/dev/full"})
        EXPECT_TRUE(fs::is_character_file(device)) << device;
}

TEST_F(Output, IsNoFolderAndNoSocket) {
    fs::create_directories(folder_ / "target" / "full");
    EXPECT_EQ(
        refusalOf(writeOutput(folder_ / "target", "x")),
        "cannot write '" + (folder_ / "target").string() + "': it is a folder; name another file");
    EXPECT_TRUE(fs::is_directory(folder_ / "target" / "full"));

    const fs::path socket = folder_ / "socket";
    const int file = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    ASSERT_LT(socket.string().size(), sizeof(address.sun_path));
    std::ranges::copy(socket.string(), address.sun_path);
    ASSERT_EQ(::bind(file, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(refusalOf(writeOutput(socket, "x")),
              "cannot write '" + socket.string() + "': it is a socket; name another file");
    ::close(file);
}

TEST_F(Output, InAMissingFolderCannotBeWritten) {
    const Result<void> written = writeOutput(folder_ / "no" / "f", "x");
    ASSERT_FALSE(written.ok());
    EXPECT_EQ(written.error().code, ErrorCode::NotFound);
}

TEST_F(Output, OfAStreamThatFailsIsNoFile) {
    const Result<void> written =
        writeOutput(folder_ / "f", [](std::ostream& out) { out.setstate(std::ios::failbit); });
    EXPECT_FALSE(written.ok());
    EXPECT_EQ(filesLeft(), 0);
}

TEST_F(Output, SaysWhetherAFileWouldBeReplaced) {
    EXPECT_FALSE(replacesAFile(folder_ / "f"));
    EXPECT_FALSE(replacesAFile(folder_));
    EXPECT_FALSE(replacesAFile("/dev/null"));
    make("f", "", 0644);
    fs::create_symlink("f", folder_ / "link");
    EXPECT_TRUE(replacesAFile(folder_ / "link"));
}

}  // namespace
}  // namespace ringscope
