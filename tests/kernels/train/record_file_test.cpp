#include "kernels/train/record_file.h"

#include "kernels/rank/counting_allocator.h"
#include "tests/support/program.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace ringscope {
namespace {

const FileUse someUse{"memory.offload_optimizer disk", "the optimizer's state"};

at::Tensor contents(std::size_t record, std::int64_t bytes) {
    return at::arange(static_cast<std::int64_t>(record), static_cast<std::int64_t>(record) + bytes)
        .to(at::kByte);
}

// Of sizes that are no multiple of the disk's unit; one is empty.
TEST(RecordFile, GivesBackEachRecordAsItWasStored) {
    const test::TemporaryFolder folder;
    const std::vector<std::int64_t> sizes = {5000, 1, 0, 4096, 70'001, 12, 9000};
    const auto file =
        RecordFile::make(folder.path(), someUse, sizes, MemoryCategory::Optimizer).value();
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        EXPECT_TRUE(at::equal(file->create(i), at::zeros({sizes[i]}, at::kByte)));
        file->open(i).copy_(contents(i, sizes[i]));
        file->store(i);
    }
    for (int round = 0; round < 3; ++round)
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            at::Tensor bytes = file->open(i);
            if (i + 1 < sizes.size()) file->fetch(i + 1);
            EXPECT_TRUE(at::equal(bytes, contents(i, sizes[i]) + round)) << i;
            bytes.add_(1);
            file->store(i);
        }
    EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << "it has no name";
}

TEST(RecordFile, KeepsARecordThatIsOpenedWhileItIsWritten) {
    const test::TemporaryFolder folder;
    const auto file =
        RecordFile::make(folder.path(), someUse, {1 << 20, 4096}, MemoryCategory::Optimizer)
            .value();
    file->create(0).fill_(7);
    file->store(0);
    at::Tensor again = file->open(0);
    EXPECT_TRUE(again.eq(7).all().item<bool>());
    again.fill_(8);
    file->store(0);
    file->settle();
    EXPECT_TRUE(file->open(0).eq(8).all().item<bool>());
    file->drop(0);
}

TEST(RecordFile, HoldsThreeRecordsAtMostWhereTheyAreWorkedThroughInTurn) {
    const test::TemporaryFolder folder;
    constexpr std::int64_t bytes = 1 << 20;
    MemoryMeter& meter = countCpuTensors();
    const auto file = RecordFile::make(folder.path(), someUse, std::vector<std::int64_t>(8, bytes),
                                       MemoryCategory::Optimizer)
                          .value();
    const std::int64_t before = meter.current().count;
    meter.restartPeak();
    for (std::size_t i = 0; i < 8; ++i) {
        file->create(i);
        file->store(i);
    }
    for (std::size_t i = 0; i < 8; ++i) {
        file->open(i);
        if (i + 1 < 8) file->fetch(i + 1);
        file->store(i);
    }
    const std::int64_t most = meter.peak().count - before;
    EXPECT_EQ(most / bytes, 3);
    file->settle();
    EXPECT_EQ(meter.current().count, before);
}

TEST(RecordFile, SaysBeforehandThatTheDiskIsTooSmall) {
    const test::TemporaryFolder folder;
    const auto file = RecordFile::make(folder.path(), someUse, {std::int64_t{1} << 50, 1},
                                       MemoryCategory::Optimizer);
    ASSERT_FALSE(file.ok());
    EXPECT_TRUE(file.error().message.starts_with("memory.offload_optimizer disk: "));
    EXPECT_TRUE(file.error().message.ends_with("; use another memory.offload_folder, or none"))
        << file.error().message;
}

// Files of this process may have no more than a unit while it lives.
class SmallFiles {
public:
    SmallFiles() {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit small{.rlim_cur = AsyncFile::alignment, .rlim_max = before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &small);
        handler_ = ::signal(SIGXFSZ, SIG_IGN);
    }
    ~SmallFiles() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        ::signal(SIGXFSZ, handler_);
    }
    SmallFiles(const SmallFiles&) = delete;
    SmallFiles& operator=(const SmallFiles&) = delete;

private:
    rlimit before_{};
    void (*handler_)(int) = nullptr;
};

TEST(RecordFile, SaysThatTheDiskTakesNoMore) {
    const test::TemporaryFolder folder;
    const auto file =
        RecordFile::make(folder.path(), someUse, {1 << 20, 1 << 20}, MemoryCategory::Optimizer)
            .value();
    const SmallFiles small;
    file->create(1);
    file->store(1);
    try {
        file->settle();
        FAIL() << "it was written";
    } catch (const std::runtime_error& error) {
        const std::string expected =
            "memory.offload_optimizer disk: the optimizer's state cannot be "
            "written in " +
            folder.path().string() + ": File too large; use another memory.offload_folder, or none";
        EXPECT_EQ(error.what(), expected);
    }
}

}  // namespace
}  // namespace ringscope
