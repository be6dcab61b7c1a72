#include "launcher/machine_facts.h"

#include "backend/core/output_file.h"
#include "tests/support/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class MachineFacts : public ::testing::Test {
protected:
    void write(const fs::path& name, const std::string& content) const {
        fs::create_directories((root_ / name).parent_path());
        ASSERT_TRUE(writeOutput(root_ / name, content).ok());
    }

    const test::TemporaryFolder own_;
    const fs::path& root_ = own_.path();
};

TEST_F(MachineFacts, AreEmptyWhereTheKernelTellsNothing) {
    EXPECT_EQ(processorName(root_), "");
    EXPECT_EQ(distributionName(root_), "");
    EXPECT_EQ(memoryOf(root_).count, 0);
}

TEST_F(MachineFacts, NameTheProcessorOfEachArchitecture) {
    write("proc/cpuinfo", "processor\t: 0\nmodel\t\t: 1\nmodel name\t: AMD EPYC 7763\n");
    EXPECT_EQ(processorName(root_), "AMD EPYC 7763");
    write("proc/cpuinfo", "processor\t: 0\nBogoMIPS\t: 50.00\n");
    write("proc/device-tree/model", std::string("Raspberry Pi 4\0", 15));
    EXPECT_EQ(processorName(root_), "Raspberry Pi 4");
}

TEST_F(MachineFacts, NameTheDistribution) {
    write("etc/os-release", "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
    EXPECT_EQ(distributionName(root_), "Debian GNU/Linux 12 (bookworm)");
}

TEST_F(MachineFacts, HaveTheMemoryThatAControlGroupLeaves) {
    write("proc/meminfo", "MemTotal:       1000 kB\nMemFree:  1 kB\n");
    EXPECT_EQ(memoryOf(root_).count, 1'024'000);
    write("proc/self/cgroup", "0::/jobs/7\n");
    write("sys/fs/cgroup/jobs/7/memory.max", "max\n");
    EXPECT_EQ(memoryOf(root_).count, 1'024'000);
    write("sys/fs/cgroup/jobs/memory.max", "4096\n");
    EXPECT_EQ(memoryOf(root_).count, 4096);
}

TEST_F(MachineFacts, HaveTheMemoryThatIsFreeInTheTightestControlGroup) {
    EXPECT_EQ(freeMemoryOf(root_).count, 0);
    write("proc/meminfo", "MemTotal:       1000 kB\nMemAvailable:  100 kB\n");
    EXPECT_EQ(freeMemoryOf(root_).count, 102'400);
    write("proc/self/cgroup", "0::/jobs/7\n");
    write("sys/fs/cgroup/jobs/7/memory.max", "max\n");
    write("sys/fs/cgroup/jobs/7/memory.current", "5000\n");
    EXPECT_EQ(freeMemoryOf(root_).count, 102'400);
    write("sys/fs/cgroup/jobs/memory.max", "8192\n");
    write("sys/fs/cgroup/jobs/memory.current", "5000\n");
    EXPECT_EQ(freeMemoryOf(root_).count, 3192);
    write("sys/fs/cgroup/jobs/memory.stat", "anon 4000\nfile 1000\ninactive_file 800\n");
    EXPECT_EQ(freeMemoryOf(root_).count, 3992);
}

TEST_F(MachineFacts, FindTheLoopbackInterface) {
    EXPECT_EQ(interfaceOf("127.0.0.1"), "lo");
    EXPECT_EQ(interfaceOf("127.0.0.9"), "lo");
    EXPECT_EQ(interfaceOf("192.0.2.1"), "");  // an address that no machine has
    EXPECT_EQ(interfaceOf(""), "");
}

TEST_F(MachineFacts, OfThisMachineAreKnown) {
    const HostFacts facts = machineFacts("127.0.0.1");
    EXPECT_FALSE(facts.machine.empty());
    EXPECT_FALSE(facts.processor.empty());
    EXPECT_GE(facts.cores, 1);
    EXPECT_GT(facts.memory.count, 0);
    EXPECT_THAT(facts.system, HasSubstr("Linux"));
    EXPECT_EQ(facts.interface, "lo");
}

}  // namespace
}  // namespace ringscope
