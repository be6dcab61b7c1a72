// The agent as a process, spoken to frame by frame.
#include "tests/launcher/local_run.h"

#include "backend/core/version.h"
#include "backend/run/protocol.h"
#include "launcher/transport_table.h"

#include <gmock/gmock.h>
#include <csignal>
#include <fstream>
#include <iterator>

namespace ringscope::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class AgentTest : public ::testing::Test {
protected:
    AgentTest() : transport(bareTransport()), channel(transport.open({}).value()) {
        hello = next<AgentHello>();
    }

    // The next frame of this kind; what comes before it is passed over.
    template <typename Frame>
    Frame next() {
        for (;;) {
            const auto received = channel->receive(seconds(20)).value();
            if (received.event != AgentChannel::Event::Line)
                throw std::runtime_error("the agent fell silent");
            const auto frame = parseAgentFrame(received.line);
            if (!frame) throw std::runtime_error("no frame: " + received.line);
            if (const auto* wanted = std::get_if<Frame>(&*frame)) return *wanted;
        }
    }
    void send(const AgentCommand& command) { ASSERT_TRUE(channel->send(toLine(command)).ok()); }
    pid_t agent() const { return static_cast<pid_t>(hello.pid); }

    // A rank as a shell script.
    StartRanks shell(int rank, const std::string& script) const {
        return {.run = run,
                .program = "/bin/sh",
                .ranks = {{.rank = rank, .arguments = {"-c", script}}},
                .environment = {{"COLOUR", "blue"}},
                .job = Training{"yaml"}};
    }
    void startShell(const std::string& script) { send(shell(0, script)); }
    std::vector<pid_t> left() const { return processesWith("RINGSCOPE_RUN_ID=" + run.text); }

    RunId run = RunId::random();
    LocalTransport transport;
    std::unique_ptr<AgentChannel> channel;
    AgentHello hello;
};

TEST_F(AgentTest, SaysWhoItIs) {
    EXPECT_EQ(hello.version, version());
    EXPECT_FALSE(hello.host.empty());
    EXPECT_GT(hello.pid, 0);
}

TEST_F(AgentTest, TellsOfItsMachineWhenItStartsRanks) {
    StartRanks start = shell(0, "exit 0");
    start.address = "127.0.0.1";
    send(start);
    const HostFacts facts = next<AgentMachine>().facts;
    EXPECT_EQ(facts.interface, "lo");
    EXPECT_GE(facts.cores, 1);
    EXPECT_FALSE(facts.processor.empty());
    EXPECT_EQ(next<RankExited>().code, 0);
}

TEST_F(AgentTest, AnswersPingsWithItsClock) {
    send(Ping{.id = 1});
    send(Ping{.id = 2});
    const Pong first = next<Pong>();
    const Pong second = next<Pong>();
    EXPECT_EQ(first.id, 1);
    EXPECT_EQ(second.id, 2);
    EXPECT_GT(first.monotonicNs, 0);
    EXPECT_GE(second.monotonicNs, first.monotonicNs);
}

TEST_F(AgentTest, GivesARankItsEnvironmentAndItsConfiguration) {
    startShell("read config; echo \"$COLOUR $RINGSCOPE_RUN_ID\"; echo \"$config\" >&2; exit 5");
    EXPECT_EQ(next<RankPrinted>().line, "blue " + run.text);
    const RankPrinted second = next<RankPrinted>();
    EXPECT_EQ(second.stream, "err");
    EXPECT_EQ(second.line, toLine(RankCommand(RankJob{Training{"yaml"}})));
    const RankExited exited = next<RankExited>();
    EXPECT_EQ(exited.code, 5);
    EXPECT_EQ(exited.signal, 0);
}

TEST_F(AgentTest, KeepsARanksStandardInputOpen) {
    startShell("read config; read rest; echo ended");
    send(Ping{.id = 1});
    next<Pong>();
    EXPECT_EQ(left().size(), 1U);
    channel.reset();
    EXPECT_THAT(left(), IsEmpty());
}

TEST_F(AgentTest, PassesARanksLastWordsOnBeforeItsExit) {
    startShell("printf 'no newline at the end'; kill -SEGV $$");
    EXPECT_EQ(next<RankPrinted>().line, "no newline at the end");
    EXPECT_EQ(next<RankExited>().signal, SIGSEGV);
}

TEST_F(AgentTest, EndsWhatARankLeavesBehindInItsGroup) {
    startShell("sleep 1000 & echo left; exit 0");
    next<RankExited>();
    EXPECT_TRUE(becomesTrue([&] { return left().empty(); }));
}

// Two names of one machine are two hosts of a run.
TEST_F(AgentTest, LeavesTheRanksOfAnotherAgentOfTheRunAlone) {
    startShell("read config; read rest");
    send(Ping{.id = 1});
    next<Pong>();
    ASSERT_EQ(left().size(), 1U);
    {
        const std::unique_ptr<AgentChannel> other = transport.open({}).value();
        ASSERT_TRUE(other->send(toLine(AgentCommand(shell(1, "read config; read rest")))).ok());
        ASSERT_TRUE(becomesTrue([&] { return left().size() == 2; }));
    }
    EXPECT_EQ(left().size(), 1U);
    send(StopRanks{.graceMs = 1000});
    EXPECT_EQ(next<RankExited>().signal, SIGTERM);
}

TEST_F(AgentTest, StopsTheRanksAndLivesOn) {
    startShell("trap '' TERM; echo ready; while :; do sleep 1000; done");
    next<RankPrinted>();
    send(StopRanks{.graceMs = 100});
    EXPECT_EQ(next<RankExited>().signal, SIGKILL);
    send(Ping{.id = 3});
    EXPECT_EQ(next<Pong>().id, 3);
    EXPECT_TRUE(becomesTrue([&] { return left().empty(); }));
}

TEST_F(AgentTest, StartsItsRanksOnce) {
    startShell("read config; read rest");
    startShell("exit 0");
    EXPECT_THAT(next<AgentError>().message, HasSubstr("has started its ranks already"));
}

TEST_F(AgentTest, PassesAnEventOfAnotherRankOnAsAPrintedLine) {
    const std::string event = toLine(RankEvent(RankError{.rank = 7, .message = "I am rank 7"}));
    startShell("echo '" + event + "'");
    const RankPrinted printed = next<RankPrinted>();
    EXPECT_EQ(printed.rank, 0);
    EXPECT_EQ(printed.line, event);
}

TEST_F(AgentTest, PassesARanksOwnEventsOn) {
    startShell("echo '" + toLine(RankEvent(RankError{.rank = 0, .message = "no memory"})) + "'");
    EXPECT_EQ(std::get<RankError>(next<RankSaid>().event).message, "no memory");
}

TEST_F(AgentTest, EndsTheRanksItStartedWhereALaterOneCannotBeStarted) {
    StartRanks start = shell(0, "read config; read rest");
    start.program = "/bin/sh";
    start.environment["PATH"] = std::string(200'000, 'x');  // too long a word for exec
    send(start);
    EXPECT_THAT(next<AgentError>().message, HasSubstr("cannot start rank 0 as '/bin/sh'"));
    EXPECT_EQ(channel->receive(seconds(20))->event, AgentChannel::Event::Closed);
    EXPECT_THAT(left(), IsEmpty());
}

TEST_F(AgentTest, SendsTheRendezvousToAllRanksButTheFirst) {
    StartRanks start = shell(0, "read config; read line; echo \"$line\"");
    start.ranks.push_back({.rank = 1, .arguments = start.ranks.front().arguments});
    send(start);
    send(Rendezvous{.host = "10.0.0.1", .port = 4242});
    const RankPrinted printed = next<RankPrinted>();
    EXPECT_EQ(printed.rank, 1);
    EXPECT_EQ(printed.line, toLine(RankCommand(Rendezvous{.host = "10.0.0.1", .port = 4242})));
    send(StopRanks{.graceMs = 1000});
}

TEST_F(AgentTest, ListensAndReachesForTheDoctor) {
    send(ListenAt{.address = "127.0.0.1"});
    const Listening listening = next<Listening>();
    EXPECT_GT(listening.port, 0);
    EXPECT_EQ(listening.problem, "");
    send(Reach{.host = "127.0.0.1", .port = listening.port});
    EXPECT_EQ(next<Reached>().problem, "");
    send(ListenAt{.address = "192.0.2.1"});
    EXPECT_THAT(next<Listening>().problem, HasSubstr("none of this host's own addresses"));
}

TEST_F(AgentTest, DoesNotReachWhileRanksRun) {
    startShell("read config; read rest");
    send(Reach{.host = "127.0.0.1", .port = 9});
    EXPECT_EQ(next<Reached>().problem, "ranks are running");
}

TEST_F(AgentTest, SendsARanksTraceBeforeItsExit) {
    StartRanks start = shell(0,
                             "while [ $# -gt 0 ]; do [ \"$1\" = --trace ] && f=$2; shift; done; "
                             "mkdir -p \"$f\"; printf spans >\"$f/rank.trace\"");
    start.ranks.front().arguments.push_back("sh");  // $0 of the script
    start.sendTraces = true;
    send(start);
    EXPECT_EQ(next<TraceChunk>().data, "c3BhbnM=");
    EXPECT_EQ(next<RankExited>().code, 0);
}

TEST_F(AgentTest, SaysThatItDoesNotUnderstand) {
    ASSERT_TRUE(channel->send("make me a sandwich").ok());
    EXPECT_THAT(next<AgentError>().message, HasSubstr("does not understand"));
    send(Ping{.id = 4});
    EXPECT_EQ(next<Pong>().id, 4);
}

TEST_F(AgentTest, IsNotTouchedByCtrlCHangupOrABrokenPipe) {
    for (const int number : {SIGINT, SIGHUP, SIGPIPE}) ::kill(agent(), number);
    send(Ping{.id = 5});
    EXPECT_EQ(next<Pong>().id, 5);
}

TEST_F(AgentTest, HasASessionOfItsOwn) {
    EXPECT_EQ(::getsid(agent()), agent());
    EXPECT_NE(::getsid(0), agent());
}

TEST_F(AgentTest, EndsItsRanksWhenItIsTerminated) {
    startShell("read config; read rest");
    next<RankStarted>();
    ::kill(agent(), SIGTERM);
    EXPECT_EQ(next<RankExited>().signal, SIGTERM);
    EXPECT_EQ(channel->receive(seconds(20))->event, AgentChannel::Event::Closed);
    EXPECT_THAT(left(), IsEmpty());
}

std::int64_t residentKiB(pid_t pid) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    std::string word;
    while (status >> word)
        if (word == "VmRSS:") return status >> word ? std::stoll(word) : 0;
    return 0;
}

// Nobody reads what the agent says, while its rank prints as fast as it can.
TEST_F(AgentTest, DoesNotGrowOverAFloodNobodyReads) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "a sanitizer keeps freed memory; what grows is not the agent";
#endif
    const std::int64_t before = residentKiB(agent());
    ASSERT_GT(before, 0);
    startShell("yes 'all work and no play' & yes '' | tr '\\n' x");
    const RankStarted started = next<RankStarted>();
    const auto printed = [&] {  // bytes, over all processes of the rank
        std::int64_t bytes = 0;
        for (const pid_t pid : left()) {
            std::ifstream io("/proc/" + std::to_string(pid) + "/io");
            std::string word;
            while (io >> word)
                if (word == "wchar:" && io >> word) bytes += std::stoll(word);
        }
        return bytes;
    };
    EXPECT_TRUE(becomesTrue([&] { return printed() > 20'000'000; })) << started.pid;
    EXPECT_LT(residentKiB(agent()) - before, 8'000);
    channel.reset();
    EXPECT_THAT(left(), IsEmpty());
}

TEST(LocalTransport, NamesAnAgentThatIsNotThere) {
    LocalTransport transport({.agentProgram = "/nowhere/ringscope"});
    const Result<void> ready = transport.preflight({});
    ASSERT_FALSE(ready.ok());
    EXPECT_EQ(ready.error().message,
              "there is no program '/nowhere/ringscope'; ./quickstart builds it");
    EXPECT_EQ(transport.open({}).error().message, ready.error().message);
}

TEST(LocalTransport, NamesAnAgentThatCannotBeExecuted) {
    LocalTransport transport({.agentProgram = "/etc/passwd"});
    EXPECT_EQ(transport.preflight({}).error().message,
              "'/etc/passwd' cannot be executed; check its permissions");
}

TEST(LocalTransport, RefusesAnotherHost) {
    EXPECT_EQ(bareTransport().open({.name = "node7"}).error().message,
              "transport local starts ranks on this machine only; got host 'node7'");
}

TEST(LocalTransport, HandsOverWhatTheProgramSaysOnStandardErrorAndItsEnd) {
    LocalTransport transport(
        {.agentProgram = "/bin/sh", .agentArguments = {"-c", "echo oops >&2; exit 3"}});
    const auto channel = transport.open({}).value();
    EXPECT_EQ(channel->receive(seconds(20))->line, "agent: oops");
    EXPECT_EQ(channel->receive(seconds(20))->event, AgentChannel::Event::Closed);
    EXPECT_EQ(channel->receive(seconds(20))->event, AgentChannel::Event::Closed);
    EXPECT_TRUE(channel->send("anyone?").ok());  // no SIGPIPE; the end is still to be received
}

TEST(LocalTransport, WaitsNoLongerThanItIsTold) {
    const auto channel = bareTransport().open({}).value();
    EXPECT_EQ(channel->receive(seconds(20))->event, AgentChannel::Event::Line);
    EXPECT_EQ(channel->receive(milliseconds(1))->event, AgentChannel::Event::Timeout);
}

TEST(LocalTransport, EndsAnAgentThatDoesNotEndItself) {
    const std::string mark = RunId::random().text;
    LocalTransport transport(
        {.agentProgram = "/bin/sh",
         .agentArguments = {"-c", "MARK=" + mark + " setsid sleep 1000 & MARK=" + mark +
                                      " exec sleep 1000"},
         .closeGrace = milliseconds(200)});
    auto channel = transport.open({}).value();
    ASSERT_TRUE(becomesTrue([&] { return processesWith("MARK=" + mark).size() == 2; }));
    channel.reset();
    EXPECT_THAT(processesWith("MARK=" + mark), IsEmpty());
}

TEST(TransportTable, MakesTheTransportOfEveryKind) {
    for (const Choice<TransportKind>& kind : transportKinds)
        EXPECT_EQ(makeTransport(kind.value)->name(), kind.name);
}

}  // namespace
}  // namespace ringscope::test
