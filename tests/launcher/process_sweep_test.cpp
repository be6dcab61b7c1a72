// Real processes, found and ended by a mark in their environment.
#include "launcher/process_sweep.h"

#include "backend/core/ids.h"
#include "tests/support/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <memory>

namespace ringscope::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Sweep : public ::testing::Test {
protected:
    std::unique_ptr<Program> start(const std::string& value,
                                   std::vector<std::string> words = {"sleep", "1000"}) {
        auto program = std::make_unique<Program>(
            std::move(words),
            ProgramOptions{.workingFolder = {}, .environment = {{"MARK", value}}, .input = ""});
        // A forked child has the environment only once it has become the program.
        EXPECT_TRUE(becomesTrue([&] { return !processesWith("MARK=" + value).empty(); }));
        return program;
    }

    const std::string id = RunId::random().text;
    const std::string mark = "MARK=" + id;
};

TEST_F(Sweep, FindsTheProcessesWithTheMark) {
    const auto one = start(id);
    const auto other = start(id + "x");
    EXPECT_THAT(processesMarked(mark), ElementsAre(one->pid()));
}

TEST_F(Sweep, ComparesTheWholeAssignment) {
    const auto longer = start(id + "x");
    EXPECT_THAT(processesMarked(mark), IsEmpty());
    EXPECT_THAT(processesMarked("ARK=" + id + "x"), IsEmpty());
}

TEST_F(Sweep, DoesNotFindTheCaller) {
    // An environment is read as it was at the start, so a variable of the start is looked for.
    const char* path = std::getenv("PATH");
    ASSERT_NE(path, nullptr);
    for (const pid_t pid : processesMarked("PATH=" + std::string(path))) EXPECT_NE(pid, ::getpid());
}

TEST_F(Sweep, EndsAGrandchildInASessionOfItsOwn) {
    const auto parent = start(id, {"/bin/sh", "-c", "setsid sleep 1000 & wait"});
    ASSERT_TRUE(becomesTrue([&] { return processesMarked(mark).size() == 2; }));
    EXPECT_EQ(sweepMarked(mark, seconds(10)), 0U);
    EXPECT_EQ(parent->wait().signal, SIGKILL);
}

TEST_F(Sweep, EndsAProcessThatIgnoresSigterm) {
    const auto stubborn = start(id, {"/bin/sh", "-c", "trap '' TERM; sleep 1000"});
    EXPECT_EQ(sweepMarked(mark, seconds(10)), 0U);
    EXPECT_EQ(stubborn->wait().signal, SIGKILL);
}

TEST_F(Sweep, LetsTheCallerReapBetweenRounds) {
    const auto program = start(id);
    int rounds = 0;
    EXPECT_EQ(sweepMarked(mark, seconds(10), [&] { ++rounds; }), 0U);
    EXPECT_GE(rounds, 2);
}

TEST_F(Sweep, ReturnsHowManyAreLeftAtTheLimit) {
    const auto program = start(id);
    EXPECT_EQ(sweepMarked(mark, milliseconds(-1)), 1U);
    EXPECT_THAT(processesMarked(mark), SizeIs(1));
}

TEST_F(Sweep, OfAMarkThatNobodyHasReturnsAtOnce) {
    EXPECT_EQ(sweepMarked("MARK=" + RunId::random().text, seconds(10)), 0U);
}

}  // namespace
}  // namespace ringscope::test
