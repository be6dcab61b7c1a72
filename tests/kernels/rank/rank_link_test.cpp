#include "kernels/rank/rank_link.h"

#include "tests/kernels/rank/pipe.h"

#include <gmock/gmock.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <variant>

namespace ringscope {
namespace {

using test::Pipe;
using ::testing::SizeIs;

RankArguments argumentsOf(int rank, int world = 1) {
    RankArguments arguments;
    arguments.rank = rank;
    arguments.world = world;
    return arguments;
}

// The only event that was written.
template <typename Event>
Event onlyEvent(Pipe& events) {
    const std::vector<std::string> lines = events.linesUntilEnd();
    EXPECT_THAT(lines, SizeIs(1));
    return std::get<Event>(parseRankEvent(lines.at(0)).value());
}

TEST(EventWriter, WritesEachEventAsALine) {
    Pipe events;
    const EventWriter writer(events.writeEnd());
    writer.tell(RankLog{.rank = 3, .message = "first"});
    writer.tell(RankLog{.rank = 3, .message = "two\nlines"});
    const std::vector<std::string> lines = events.linesUntilEnd();
    ASSERT_THAT(lines, SizeIs(2));
    EXPECT_EQ(std::get<RankLog>(parseRankEvent(lines[0]).value()).message, "first");
    EXPECT_EQ(std::get<RankLog>(parseRankEvent(lines[1]).value()).message, "two\nlines");
}

TEST(EventWriter, SaysNothingOfAReaderThatIsGone) {
    EventWriter(-1).tell(RankLog{.rank = 0, .message = "lost"});
}

TEST(DeviceName, IsTheCpuUnlessAGpuIsWanted) {
    EXPECT_EQ(deviceName(DeviceChoice::Auto, 2), "cpu");
    EXPECT_EQ(deviceName(DeviceChoice::Cpu, 2), "cpu");
    EXPECT_EQ(deviceName(DeviceChoice::Cuda, 2), "cuda:2");
}

TEST(Hello, NamesTheLibraryOfTheDevice) {
    for (const auto& [device, library] : {std::pair{"cpu", "gloo"}, {"cuda:1", "nccl"}}) {
        Pipe events;
        sayHello(argumentsOf(1), EventWriter(events.writeEnd()), device, "89ab");
        const auto hello = onlyEvent<RankHello>(events);
        EXPECT_EQ(hello.rank, 1);
        EXPECT_EQ(hello.device, device);
        EXPECT_EQ(hello.plan, "89ab");
        EXPECT_THAT(hello.versions, ::testing::EndsWith(library));
    }
}

TEST(WithoutThrowing, GivesWhatTheWorkGives) {
    EXPECT_EQ(withoutThrowing("training", [] { return RankDone{.rank = 4}; }).value().rank, 4);
    const Result<RankDone> failed = withoutThrowing("training", []() -> Result<RankDone> {
        return Error{ErrorCode::NotFound, "there is no text"};
    });
    EXPECT_EQ(failed.error().message, "there is no text");
    EXPECT_EQ(failed.error().code, ErrorCode::NotFound);
}

TEST(WithoutThrowing, MakesOneSentenceOfWhatALibraryThrows) {
    const Result<RankDone> failed = withoutThrowing("training", []() -> Result<RankDone> {
        throw std::runtime_error("out of memory\nframe 1\nframe 2");
    });
    EXPECT_EQ(failed.error().message, "training failed: out of memory");
    const Result<RankDone> left = withoutThrowing("training", []() -> Result<RankDone> {
        throw GroupError("receiving KV from rank 1 failed: connection closed by peer");
    });
    EXPECT_EQ(left.error().message, "receiving KV from rank 1 failed: connection closed by peer");
}

TEST(MeetRanks, ConnectsRanksThatAreToldWhereRankZeroIs) {
    Pipe input0, events0, input1;
    for (const Pipe* input : {&input0, &input1})
        input->write(toLine(RankCommand(RankJob{Training{""}, "secret"})) + "\n");
    std::thread other([&] {
        const RankEvent first = events0.nextEvent();
        const int port = std::get<RankRendezvous>(first).port;
        input1.write(toLine(RankCommand(Rendezvous{"127.0.0.1", port})) + "\n");
        RankInput commands(input1.readEnd());
        const auto met = meetRanks(argumentsOf(1, 2), commands, EventWriter(-1), "cpu");
        ASSERT_TRUE(met.ok()) << met.error().message;
        EXPECT_EQ(met->group->rank(), 1);
        met->group->barrier();
    });
    {
        RankInput commands(input0.readEnd());
        const EventWriter writer(events0.writeEnd());
        const auto met = meetRanks(argumentsOf(0, 2), commands, writer, "cpu");
        EXPECT_TRUE(met.ok());
        if (met.ok()) {
            EXPECT_EQ(met->group->size(), 2);
            met->group->barrier();
        }
        other.join();
    }
}

// What runProgram() runs.
struct FakeProgram {
    FakeProgram(const RankArguments& arguments, RankInput& input, const EventWriter& writer)
        : rank(arguments.rank),
          config(std::get<Training>(input.job()).configYaml),
          events(writer) {}
    ~FakeProgram() { events.tell(RankLog{.rank = rank, .message = "destroyed"}); }

    Result<RankDone> run() {
        if (config == "fail") return Error{ErrorCode::Failed, "it failed"};
        return RankDone{.rank = rank, .steps = 7};
    }

    int rank;
    std::string config;
    const EventWriter& events;
};

struct Ended {
    int exitCode;
    std::vector<std::string> lines;
};

Ended runWith(const std::string& config) {
    Pipe input, events;
    input.write(toLine(RankCommand(RankJob{Training{config}})) + "\n");
    const int exitCode = runProgram(argumentsOf(2), input.readEnd(), events.writeEnd(), "running",
                                    &FakeProgram::run);
    return {exitCode, events.linesUntilEnd()};
}

TEST(RunProgram, ReportsTheEndAfterTheProgramIsDestroyed) {
    const Ended ended = runWith("go");
    EXPECT_EQ(ended.exitCode, 0);
    ASSERT_THAT(ended.lines, SizeIs(2));
    EXPECT_EQ(std::get<RankLog>(parseRankEvent(ended.lines[0]).value()).message, "destroyed");
    EXPECT_EQ(std::get<RankDone>(parseRankEvent(ended.lines[1]).value()).steps, 7);
}

// The program's group ends with it, and other ranks then say that they failed.
TEST(RunProgram, ReportsWhyItFailedBeforeTheProgramIsDestroyed) {
    const Ended ended = runWith("fail");
    EXPECT_EQ(ended.exitCode, 1);
    ASSERT_THAT(ended.lines, SizeIs(2));
    const auto error = std::get<RankError>(parseRankEvent(ended.lines[0]).value());
    EXPECT_EQ(error.rank, 2);
    EXPECT_EQ(error.message, "it failed");
    EXPECT_EQ(std::get<RankLog>(parseRankEvent(ended.lines[1]).value()).message, "destroyed");
}

}  // namespace
}  // namespace ringscope
