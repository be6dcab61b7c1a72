// The umask is the process's: to read it with umask() is to change it for every thread.
#include "backend/core/output_file.h"

#include "backend/core/ids.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <atomic>

namespace {
std::atomic<int> umaskCalls{0};
}

// Takes the place of libc's for this test program.
extern "C" mode_t umask(mode_t mask) noexcept {
    ++umaskCalls;
    return static_cast<mode_t>(::syscall(SYS_umask, mask));
}

namespace ringscope {
namespace {

// A file of its own for every test: tests run beside each other.
class WriteOutput : public testing::Test {
protected:
    ~WriteOutput() override { std::filesystem::remove(file_); }

    const std::filesystem::path file_ =
        std::filesystem::path(testing::TempDir()) / ("umask " + RunId::random().text);
};

TEST_F(WriteOutput, LeavesTheUmaskAlone) {
    umaskCalls = 0;
    ASSERT_TRUE(writeOutput(file_, "x").ok());
    EXPECT_EQ(umaskCalls, 0) << "a file that another thread makes meanwhile is world-writable";
}

TEST_F(WriteOutput, MakesAFileThatIsAsReadableAsTheUmaskSays) {
    for (const mode_t mask : {022, 027, 077}) {
        std::filesystem::remove(file_);  // an existing file keeps its permissions
        const mode_t own = ::umask(mask);
        ASSERT_TRUE(writeOutput(file_, "x").ok());
        ::umask(own);
        EXPECT_EQ(static_cast<mode_t>(std::filesystem::status(file_).permissions()), 0666 & ~mask);
    }
}

}  // namespace
}  // namespace ringscope
