#include "kernels/rank/rank_input.h"

#include "tests/kernels/rank/pipe.h"

#include <gmock/gmock.h>

#include <chrono>
#include <future>
#include <string>
#include <thread>

namespace ringscope {
namespace {

using test::Pipe;

std::string jobLine(const std::string& yaml) {
    return toLine(RankCommand(RankJob{Training{yaml}}));
}
std::string configOf(RankInput& input) { return std::get<Training>(input.job()).configYaml; }
std::string rendezvousLine(int port) { return toLine(RankCommand(Rendezvous{"10.0.0.1", port})); }

TEST(RankInput, GivesItsCommandsInAnyOrder) {
    Pipe pipe;
    RankInput input(pipe.readEnd());
    pipe.write(rendezvousLine(4711) + "\n" + jobLine("train: {steps: 3}") + "\n");
    EXPECT_EQ(configOf(input), "train: {steps: 3}");
    EXPECT_EQ(input.rendezvous().host, "10.0.0.1");
    EXPECT_EQ(input.rendezvous().port, 4711);
}

TEST(RankInput, WaitsUntilACommandIsThere) {
    Pipe pipe;
    RankInput input(pipe.readEnd());
    std::future<int> port = std::async(std::launch::async, [&] { return input.rendezvous().port; });
    pipe.write(jobLine("a: 1") + "\n");
    EXPECT_EQ(configOf(input), "a: 1");
    EXPECT_EQ(port.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
    pipe.write(rendezvousLine(4712) + "\n");
    EXPECT_EQ(port.get(), 4712);
}

TEST(RankInput, PutsLinesTogetherThatArriveInPieces) {
    Pipe pipe;
    RankInput input(pipe.readEnd());
    const std::string yaml(10'000, 'x');  // more than one read
    const std::string line = jobLine(yaml) + "\n";
    pipe.write(line.substr(0, 7));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    pipe.write(line.substr(7));
    EXPECT_EQ(configOf(input), yaml);
}

TEST(RankInput, SkipsLinesThatAreNoCommand) {
    Pipe pipe;
    RankInput input(pipe.readEnd());
    pipe.write("hello\n\n{\"type\": \"dance\"}\n" + jobLine("a: 1") + "\n");
    EXPECT_EQ(configOf(input), "a: 1");
}

TEST(RankInput, MayEndAfterItIsDestroyed) {
    Pipe pipe;
    {
        RankInput input(pipe.readEnd());
        pipe.write(jobLine("a: 1") + "\n");
        EXPECT_EQ(configOf(input), "a: 1");
    }
    pipe.closeWriteEnd();
}

TEST(RankInputDeathTest, EndsTheProcessWhenTheInputEnds) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(
        {
            Pipe pipe;
            RankInput input(pipe.readEnd());
            pipe.closeWriteEnd();
            input.job();
        },
        ::testing::ExitedWithCode(1), "standard input ended before the training did");
}

}  // namespace
}  // namespace ringscope
