#include "kernels/device/async_file.h"

#include "tests/support/program.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <memory>

namespace ringscope {
namespace {

constexpr std::size_t block = AsyncFile::alignment;
const FileUse someUse{"memory.offload_optimizer disk", "the optimizer's state"};

struct Buffer {
    explicit Buffer(std::size_t bytes)
        : size(bytes), memory(static_cast<char*>(std::aligned_alloc(block, bytes)), &std::free) {}
    void fill(char letter) { std::memset(memory.get(), letter, size); }
    bool isAll(char letter) const {
        for (std::size_t i = 0; i < size; ++i)
            if (memory.get()[i] != letter) return false;
        return true;
    }
    std::size_t size;
    std::unique_ptr<char, void (*)(void*)> memory;
};

TEST(AsyncFile, GivesBackWhatWasWritten) {
    const test::TemporaryFolder folder;
    const auto file = AsyncFile::make(folder.path(), 64 * block, someUse).value();
    Buffer first(16 * block), second(4 * block);
    first.fill('a');
    second.fill('b');
    file->write(0, first.memory.get(), first.size, 0);
    file->write(1, second.memory.get(), second.size, 16 * block);
    ASSERT_TRUE(file->wait(0).ok());
    ASSERT_TRUE(file->wait(1).ok());
    first.fill(' ');
    second.fill(' ');
    file->read(1, first.memory.get(), first.size, 0);
    file->read(0, second.memory.get(), second.size, 16 * block);
    ASSERT_TRUE(file->wait(0).ok());
    ASSERT_TRUE(file->wait(1).ok());
    EXPECT_TRUE(first.isAll('a'));
    EXPECT_TRUE(second.isAll('b'));
    EXPECT_TRUE(file->wait(0).ok()) << "nothing is waited for";
}

TEST(AsyncFile, LeavesNothingInTheFolder) {
    const test::TemporaryFolder folder;
    const auto file = AsyncFile::make(folder.path(), block, someUse).value();
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(AsyncFile, NamesAFolderThatCannotBeWrittenTo) {
    const Result<std::unique_ptr<AsyncFile>> file = AsyncFile::make("/proc", block, someUse);
    ASSERT_FALSE(file.ok());
    EXPECT_NE(
        file.error().message.find("memory.offload_optimizer disk: no file can be made in /proc"),
        std::string::npos)
        << file.error().message;
}

TEST(AsyncFile, SaysBeforehandThatTheDiskIsTooSmall) {
    const test::TemporaryFolder folder;
    const Result<std::unique_ptr<AsyncFile>> file =
        AsyncFile::make(folder.path(), std::int64_t{1} << 50, someUse);
    ASSERT_FALSE(file.ok());
    EXPECT_NE(file.error().message.find("memory.offload_folder"), std::string::npos)
        << file.error().message;
}

TEST(AsyncFile, SaysThatBytesCannotBeReadBack) {
    const test::TemporaryFolder folder;
    const auto file = AsyncFile::make(folder.path(), block, someUse).value();
    Buffer buffer(block);
    file->read(0, buffer.memory.get(), buffer.size, 1024 * block);  // behind the end
    const Result<void> read = file->wait(0);
    ASSERT_FALSE(read.ok());
    EXPECT_NE(read.error().message.find("the optimizer's state cannot be read back"),
              std::string::npos)
        << read.error().message;
    EXPECT_TRUE(file->wait(0).ok());
}

}  // namespace
}  // namespace ringscope
