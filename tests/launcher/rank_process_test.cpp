// One rank as a real process: its streams, its group, its end.
#include "launcher/rank_process.h"

#include "backend/core/ids.h"
#include "tests/support/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <csignal>

namespace ringscope::test {
namespace {

using Stream = RankProcess::Stream;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class RankProcessTest : public ::testing::Test {
protected:
    ~RankProcessTest() override {
        if (!rank || !rank->running()) return;
        rank->signal(SIGKILL);
        ::waitpid(rank->pid(), nullptr, 0);
    }

    void start(const std::string& script) {
        Result<std::unique_ptr<RankProcess>> started =
            RankProcess::start({.rank = 3,
                                .program = "/bin/sh",
                                .arguments = {"-c", script},
                                .environment = {{"PATH", "/usr/bin:/bin"}, {"MARK", mark}}},
                               [this](RankProcess& from, Stream stream, std::string_view line) {
                                   EXPECT_EQ(from.rank(), 3);
                                   (stream == Stream::Out ? out : err).emplace_back(line);
                               });
        ASSERT_TRUE(started.ok());
        rank = std::move(*started);
    }
    // Serves the rank's streams until `done`, as the agent's loop does.
    template <typename Done>
    bool serveUntil(Done done) {
        return becomesTrue([&] {
            std::vector<pollfd> files = {{rank->readable(Stream::Out), POLLIN, 0},
                                         {rank->readable(Stream::Err), POLLIN, 0},
                                         {rank->writable(), POLLOUT, 0}};
            ::poll(files.data(), files.size(), 5);
            if (files[0].revents != 0) rank->read(Stream::Out);
            if (files[1].revents != 0) rank->read(Stream::Err);
            if (files[2].revents != 0) rank->write();
            return done();
        });
    }
    // Waits for the exit without collecting it, finishes, and then collects.
    int finish() {
        siginfo_t info{};
        EXPECT_EQ(::waitid(P_PID, static_cast<id_t>(rank->pid()), &info, WEXITED | WNOWAIT), 0);
        rank->finish();
        int status = 0;
        ::waitpid(rank->pid(), &status, 0);
        return status;
    }

    const std::string mark = RunId::random().text;
    std::unique_ptr<RankProcess> rank;
    std::vector<std::string> out;
    std::vector<std::string> err;
};

TEST_F(RankProcessTest, HandsOverTheLinesOfBothStreams) {
    start("echo one; echo two >&2; echo three");
    EXPECT_TRUE(serveUntil([&] { return out.size() == 2 && err.size() == 1; }));
    EXPECT_THAT(out, ElementsAre("one", "three"));
    EXPECT_THAT(err, ElementsAre("two"));
}

TEST_F(RankProcessTest, HasTheGivenEnvironmentAndNoOther) {
    start("env | sort");
    EXPECT_TRUE(serveUntil([&] { return rank->readable(Stream::Out) < 0; }));
    for (const std::string& line : out) {
        const bool shells = line.starts_with("PWD=") || line.starts_with("_=") ||
                            line.starts_with("SHLVL=") || line.starts_with("OLDPWD=");
        EXPECT_TRUE(shells || line.starts_with("MARK=") || line.starts_with("PATH=")) << line;
    }
}

TEST_F(RankProcessTest, HasDefaultSignalsWhateverTheAgentIgnores) {
    const auto before = std::signal(SIGINT, SIG_IGN);
    start("kill -INT $$; echo survived");
    std::signal(SIGINT, before);
    const int status = finish();
    EXPECT_TRUE(WIFSIGNALED(status));
    EXPECT_THAT(out, IsEmpty());
}

TEST_F(RankProcessTest, TakesMoreInputThanAPipeHolds) {
    start("read line; echo ${#line}");
    rank->sendLine(std::string(300'000, 'x'));
    EXPECT_NE(rank->writable(), -1) << "a pipe holds 64 KiB";
    EXPECT_TRUE(serveUntil([&] { return !out.empty(); }));
    EXPECT_THAT(out, ElementsAre("300000"));
    EXPECT_EQ(rank->writable(), -1);
}

TEST_F(RankProcessTest, MayCloseItsInput) {
    const auto before = std::signal(SIGPIPE, SIG_IGN);
    start("exec <&-; echo closed; exec sleep 1000");
    ASSERT_TRUE(serveUntil([&] { return !out.empty(); }));
    rank->sendLine("anyone?");
    rank->sendLine("nobody");
    EXPECT_EQ(rank->writable(), -1);
    EXPECT_TRUE(rank->running());
    std::signal(SIGPIPE, before);
}

TEST_F(RankProcessTest, IsSignalledWithItsWholeGroup) {
    start("sleep 1000 & echo started; wait");
    ASSERT_TRUE(serveUntil([&] { return !out.empty(); }));
    rank->signal(SIGTERM);
    EXPECT_TRUE(WIFSIGNALED(finish()));
    EXPECT_TRUE(becomesTrue([&] { return processesWith("MARK=" + mark).empty(); }));
}

TEST_F(RankProcessTest, IsReadToTheEndWhenItIsFinished) {
    start("echo one; printf 'the last line'; exit 5");
    const int status = finish();
    EXPECT_EQ(WEXITSTATUS(status), 5);
    EXPECT_THAT(out, ElementsAre("one", "the last line"));
    EXPECT_FALSE(rank->running());
    EXPECT_EQ(rank->readable(Stream::Out), -1);
    EXPECT_EQ(rank->readable(Stream::Err), -1);
}

TEST_F(RankProcessTest, IsFinishedThoughAGrandchildHoldsItsStreamsAndPrints) {
    start("setsid sh -c 'echo ready; while :; do echo more; done' & read line");
    ASSERT_TRUE(serveUntil([&] { return !out.empty(); }));
    rank->sendLine("go on");
    EXPECT_EQ(finish(), 0);
    EXPECT_THAT(out.front(), Eq("ready"));
    for (const pid_t pid : processesWith("MARK=" + mark)) ::kill(pid, SIGKILL);
}

TEST_F(RankProcessTest, IsNotSignalledAfterItsEnd) {
    start("exit 0");
    EXPECT_EQ(finish(), 0);
    rank->signal(SIGKILL);  // its number may be another process's now
}

std::string failureOf(const std::string& program) {
    const auto started = RankProcess::start(
        {.rank = 2, .program = program, .arguments = {}, .environment = {}}, [](auto&&...) {});
    return started.ok() ? "it was started" : started.error().message;
}

TEST(RankProcess, SaysThatThereIsNoProgram) {
    EXPECT_EQ(failureOf("/nowhere/rank"),
              "cannot start rank 2: there is no program '/nowhere/rank'; ./quickstart builds it");
}

TEST(RankProcess, SaysWhyAProgramCannotBeExecuted) {
    EXPECT_THAT(failureOf("/etc/passwd"), StartsWith("cannot start rank 2 as '/etc/passwd': "));
    EXPECT_THAT(failureOf("/etc/passwd"), HasSubstr("Permission denied"));
}

}  // namespace
}  // namespace ringscope::test
