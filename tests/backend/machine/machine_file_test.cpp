#include "backend/machine/machine_file.h"

#include "backend/machine/machine_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringscope::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> problemsOf(const std::string& text) {
    std::vector<std::string> lines;
    for (const ConfigProblem& problem : readMachine("m.yaml", text).problems)
        lines.push_back(problem.text());
    return lines;
}

// The text of a machine that is right, with one part of it replaced.
std::string changed(const std::string& from, const std::string& to) {
    std::string text = machineText(shippedMachines().front());
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

TEST(MachineFile, EachShippedMachineIsReadAndHasASourceForEachFigure) {
    ASSERT_EQ(shippedMachines().size(), 5U);
    for (const Machine& machine : shippedMachines()) {
        SCOPED_TRACE(machine.name);
        EXPECT_FALSE(machine.device.source.empty());
        for (const AttentionTable& table : machine.attention) EXPECT_FALSE(table.source.empty());
        for (const ProductTable& table : machine.products) EXPECT_FALSE(table.source.empty());
        for (const LinkLevel& link : machine.links) EXPECT_FALSE(link.source.empty());
        ASSERT_TRUE(machine.price && machine.failures);
        EXPECT_FALSE(machine.error.source.empty());
    }
}

TEST(MachineFile, AMachineReadsBackAsItWasWritten) {
    for (const Machine& machine : shippedMachines()) {
        const MachineReading reading = readMachine("again.yaml", machineText(machine));
        ASSERT_TRUE(reading.ok()) << reading.problems.front().text();
        EXPECT_EQ(machineText(reading.machine), machineText(machine));
        EXPECT_EQ(reading.machine.attention.size(), machine.attention.size());
        EXPECT_EQ(reading.machine.device.memoryBytes, machine.device.memoryBytes);
        EXPECT_EQ(reading.machine.links.front().latencyNanos, machine.links.front().latencyNanos);
    }
}

TEST(MachineFile, RatesOfCollectiveOperationsReadBackAsTheyWereWritten) {
    Machine machine = shippedMachines().front();
    machine.links.back().collectives = {{TransferKind::AllGather, 0.5e9, 300'000},
                                        {TransferKind::AllToAll, 2e9, 0}};
    const MachineReading reading = readMachine("again.yaml", machineText(machine));
    ASSERT_TRUE(reading.ok()) << reading.problems.front().text();
    EXPECT_EQ(reading.machine.links.back().collectives, machine.links.back().collectives);
}

TEST(MachineFile, AProblemNamesItsPlaceAndWhatWasExpected) {
    EXPECT_THAT(problemsOf(changed("kind: gpu", "kind: gpuu")),
                Contains(HasSubstr("kind: expected cpu, gpu; got 'gpuu'; did you mean 'gpu'?")));
    EXPECT_THAT(problemsOf(changed("per_host: 8", "per_host: 0")),
                Contains(HasSubstr("per_host: expected an integer, 1 to 4096; got '0'")));
    EXPECT_THAT(problemsOf(changed("launch:", "lunch:")),
                Contains(HasSubstr("unknown key 'lunch' of a device; did you mean 'launch'?")));
    EXPECT_THAT(problemsOf(changed("rows: [256, 1024, 4096]", "rows: [256, 1024]")),
                Contains(HasSubstr("rows and tflops: expected two lists of one length; got 2 and "
                                   "3 values")));
    EXPECT_THAT(problemsOf(changed("rows: [256, 1024, 4096]", "rows: [256, 4096, 1024]")),
                Contains(HasSubstr("rows: expected integers that grow, from 1 on; got '1024'")));
    EXPECT_THAT(problemsOf(changed("kernel: fa3", "kernel: fa9")),
                Contains(HasSubstr("kernel: attention has no table of 'fa9'; it has fa3, fa2")));
    EXPECT_THAT(problemsOf("machine: x\n"),
                Contains("m.yaml:1:1: a machine has no 'device'; add it"));
    EXPECT_THAT(problemsOf(changed("reach: 0", "reach: 12")),
                Contains(HasSubstr("links: the last one must have reach 0")));
    EXPECT_THAT(problemsOf(machineText(shippedMachines().front())), IsEmpty());
}

TEST(MachineTable, AMistypedNameIsAnsweredWithTheNearest) {
    const Result<Machine> none = findMachine("h10-8x");
    ASSERT_FALSE(none.ok());
    EXPECT_EQ(none.error().code, ErrorCode::NotFound);
    EXPECT_THAT(none.error().message, HasSubstr("did you mean 'h100-8x'?"));
}

}  // namespace
}  // namespace ringscope::test
