// GPUs as the driver shows them in /proc, in a tree of the test's own.
#include "launcher/gpus.h"

#include "tests/support/program.h"

#include <gmock/gmock.h>
#include <fstream>

namespace ringscope::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FindGpus : public ::testing::Test {
protected:
    void write(const std::string& name, const std::string& text) const {
        const std::filesystem::path file = folder_.path() / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text;
    }
    void addGpu(int minor, const std::string& model, bool withDevice = true) const {
        write("proc/driver/nvidia/gpus/0000:0" + std::to_string(minor) + ":00.0/information",
              "Model: \t\t " + model + "\nIRQ:   \t\t 42\nDevice Minor: \t " +
                  std::to_string(minor) + "\n");
        if (withDevice) write("dev/nvidia" + std::to_string(minor), "");
    }
    GpuReport found(const std::optional<std::string>& visible = std::nullopt) const {
        return findGpus(folder_.path(), visible);
    }

private:
    TemporaryFolder folder_;
};

TEST_F(FindGpus, AreNoneWhereThereIsNoDriver) {
    const GpuReport report = found();
    EXPECT_TRUE(report.known);
    EXPECT_THAT(report.driver, IsEmpty());
    EXPECT_THAT(report.models, IsEmpty());
}

TEST_F(FindGpus, HaveAModelEachAndADriver) {
    write("proc/driver/nvidia/version",
          "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build\n"
          "GCC version:  gcc version 12.2.0\n");
    addGpu(0, "NVIDIA H200");
    addGpu(1, "NVIDIA H200");
    const GpuReport report = found();
    EXPECT_EQ(report.driver, "570.86.15");
    EXPECT_THAT(report.models, ElementsAre("NVIDIA H200", "NVIDIA H200"));
    EXPECT_EQ(report.hidden, 0);
}

TEST_F(FindGpus, CountOnlyThoseThatRanksMayUse) {
    addGpu(0, "NVIDIA H200");
    addGpu(1, "NVIDIA H200");
    addGpu(2, "NVIDIA H200", /*withDevice=*/false);  // a container was not given it
    EXPECT_EQ(found().models.size(), 2U);
    EXPECT_EQ(found().hidden, 1);
    EXPECT_EQ(found("1").models.size(), 1U);
    EXPECT_EQ(found("0,1").models.size(), 2U);
    EXPECT_EQ(found("").models.size(), 0U);
    EXPECT_EQ(found("-1").models.size(), 0U);
    EXPECT_EQ(found("").hidden, 3);
}

TEST_F(FindGpus, AreNotKnownWhereADriverSaysNothing) {
    write("dev/dxg", "");
    EXPECT_FALSE(found().known);
}

}  // namespace
}  // namespace ringscope::test
