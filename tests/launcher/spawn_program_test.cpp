#include "launcher/spawn_program.h"

#include "backend/core/ids.h"
#include "tests/support/program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace ringscope::test {
namespace {

using std::chrono::seconds;

ProgramEnd run(const std::string& script, const std::filesystem::path& input = {}) {
    Result<ProgramEnd> end = runToEnd({.words = {"/bin/sh", "-c", script}, .input = input});
    if (end.ok()) return std::move(*end);
    ADD_FAILURE() << end.error().message;
    return {};
}

TEST(ShortProgram, ReturnsBothStreamsAndTheCode) {
    const ProgramEnd end = run("echo out; echo err >&2; exit 3");
    EXPECT_EQ(end.code, 3);
    EXPECT_EQ(end.out, "out\n");
    EXPECT_EQ(end.err, "err\n");
    EXPECT_FALSE(end.timedOut);
}

TEST(ShortProgram, ThatASignalEndedHasNoCode) { EXPECT_EQ(run("kill -KILL $$").code, -1); }

TEST(ShortProgram, ReadsItsInputAndNothingWithoutOne) {
    const TemporaryFolder folder;
    std::ofstream(folder.path() / "input") << "one\ntwo\n";
    EXPECT_EQ(run("cat", folder.path() / "input").out, "one\ntwo\n");
    EXPECT_EQ(run("cat").out, "");
}

TEST(ShortProgram, NamesAnInputThatCannotBeRead) {
    const Result<ProgramEnd> end = runToEnd({.words = {"cat"}, .input = "/nowhere/input"});
    ASSERT_FALSE(end.ok());
    EXPECT_EQ(end.error().message, "cannot read '/nowhere/input': No such file or directory");
}

TEST(ShortProgram, IsCutAtAMebibyteOfOutputAndStillEnds) {
    const ProgramEnd end = run("head -c 5000000 /dev/zero; echo done >&2");
    EXPECT_GE(end.out.size(), 1024U * 1024U);
    EXPECT_LT(end.out.size(), 2U * 1024U * 1024U);
    EXPECT_EQ(end.err, "done\n");
    EXPECT_EQ(end.code, 0);
}

TEST(ShortProgram, IsKilledAtItsLimitWithItsChildren) {
    const std::string mark = RunId::random().text;
    const Result<ProgramEnd> end =
        runToEnd({.words = {"/bin/sh", "-c", "export MARK=" + mark + "; sleep 1000 & sleep 1000"},
                  .limit = seconds(1)});
    ASSERT_TRUE(end.ok());
    EXPECT_TRUE(end->timedOut);
    EXPECT_EQ(end->code, -1);
    EXPECT_TRUE(becomesTrue([&] { return processesWith("MARK=" + mark).empty(); }));
}

TEST(ShortProgram, ThatIsMissingIsNotFound) {
    const Result<ProgramEnd> end = runToEnd({.words = {"no-such-program-anywhere"}});
    ASSERT_FALSE(end.ok());
    EXPECT_EQ(end.error().code, ErrorCode::NotFound);
    EXPECT_EQ(end.error().message,
              "cannot start 'no-such-program-anywhere': No such file or directory");
}

TEST(SpawnedProgram, LeadsASessionOfItsOwn) {
    const ProgramEnd end = run("ps -o sid= -p $$; echo $$");
    if (end.err.find("not found") != std::string::npos) GTEST_SKIP() << "there is no ps here";
    std::istringstream words(end.out);
    long session = 0;
    long process = 0;
    words >> session >> process;
    EXPECT_EQ(session, process);
}

TEST(SpawnedProgram, HasDefaultSignalsWhateverItsParentIgnores) {
    const auto before = std::signal(SIGTERM, SIG_IGN);
    const ProgramEnd end = run("kill -TERM $$; echo survived");
    std::signal(SIGTERM, before);
    EXPECT_EQ(end.code, -1);
    EXPECT_EQ(end.out, "");
}

TEST(SpawnedProgram, HasNoOpenFilesButItsStandardStreams) {
    const Ends pipe = readingPipe().value();
    const ProgramEnd end = run("[ -e /proc/self/fd/" + std::to_string(pipe.ours.number()) +
                               " ] && readlink /proc/self/fd/" +
                               std::to_string(pipe.ours.number()) + " || echo closed");
    EXPECT_EQ(end.out, "closed\n");
}

TEST(SpawnedProgram, HasTheGivenEnvironment) {
    const Ends err = readingPipe().value();
    const Descriptor in(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    Ends output = readingPipe().value();
    const Result<pid_t> pid = spawnProgram({"/bin/sh", "-c", "echo $COLOUR$HOME"}, {"COLOUR=blue"},
                                           {in, output.theirs, err.theirs});
    ASSERT_TRUE(pid.ok());
    output.theirs.close();
    ::waitpid(*pid, nullptr, 0);
    std::string text;
    EXPECT_EQ(readSome(output.ours.number(), text), ReadOutcome::Some);
    EXPECT_EQ(text, "blue\n");
}

}  // namespace
}  // namespace ringscope::test
