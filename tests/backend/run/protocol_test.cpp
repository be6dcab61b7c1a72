#include "backend/run/protocol.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <cmath>
#include <csignal>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

const std::string anyText = "a \"quoted\" line\n\twith bytes \x01 and ü";

std::vector<RankEvent> everyRankEvent() {
    return {
        RankRendezvous{.rank = 0, .port = 4242},
        RankHello{
            .rank = 1, .pid = 77, .device = "cuda:0", .versions = "torch, nccl", .plan = "89ab"},
        RankStep{.rank = 1,
                 .step = {.step = 3,
                          .loss = 0.1,
                          .gradNorm = 1e-300,
                          .duration = Nanos(123'456'789'012),
                          .tokens = 4096}},
        RankDone{.rank = 1,
                 .steps = 10,
                 .peakMemory = {1LL << 40},
                 .attentionBytesPerStep = {5},
                 .gradientBytesPerStep = {6}},
        RankRouting{.rank = 0, .routing = {.step = 3, .layer = 1, .use = {0, 12, 1LL << 40}}},
        RankValidation{.rank = 0, .validation = {.step = 3, .loss = 0.1, .tokens = 640}},
        RankValidation{.rank = 0,
                       .validation = {.step = 3,
                                      .loss = 0.1,
                                      .tokens = 7,
                                      .recall = {{16, 4, 3}, {32, 3, 0}}}},
        RankDone{.rank = 1, .steps = 4, .ended = anyText},
        RankError{.rank = 1, .message = anyText},
        RankLog{.rank = 1, .message = anyText},
        RankTurn{.rank = 0, .mode = "ring"},
        RankEvaluated{.rank = 0, .loss = 91.25, .labelledTokens = 46},
        RankTokens{
            .rank = 0, .textNumber = 2, .tokens = {0, 151'643}, .text = anyText, .ended = "stop"},
        RankGenerated{.rank = 0,
                      .promptTokens = 1LL << 20,
                      .tokens = 3,
                      .first = Nanos(5),
                      .total = Nanos(1LL << 40),
                      .cache = {1LL << 33}},
        RankVerdict{.rank = 0, .mode = "ring", .verdict = R"({"ok":true,"reason":""})"}};
}

std::vector<AgentCommand> everyCommand() {
    return {StartRanks{.run = {"id"},
                       .program = "/opt/ring scope/rank",
                       .ranks = {{.rank = 0, .arguments = {"--run", anyText, ""}},
                                 {.rank = 1, .arguments = {}}},
                       .environment = {{"OMP_NUM_THREADS", "1"}, {"EMPTY", ""}},
                       .job = Training{"model:\n  layers: 4\n"}},
            StartRanks{.run = {"id"},
                       .program = "",
                       .ranks = {},
                       .environment = {},
                       .job = Verification{R"({"modes":["ring"]})"}},
            Rendezvous{.host = "127.0.0.1", .port = 65535}, StopRanks{.graceMs = 250},
            Ping{.id = 9}};
}

std::vector<AgentFrame> everyFrame() {
    std::vector<AgentFrame> frames = {AgentHello{.host = "h", .pid = 1, .version = "0.1.0"},
                                      AgentMachine{{.host = "",
                                                    .machine = "m",
                                                    .processor = anyText,
                                                    .cores = 64,
                                                    .memory = {1LL << 39},
                                                    .system = "Linux",
                                                    .gpus = {"a", "b"},
                                                    .driver = "570.86.15",
                                                    .interface = "eth0"}},
                                      RankStarted{.rank = 1, .pid = 77},
                                      RankPrinted{.rank = 1, .stream = "err", .line = anyText},
                                      RankExited{.rank = 1, .code = 3, .signal = 0},
                                      Pong{.id = 9, .monotonicNs = 1LL << 60},
                                      AgentError{.message = anyText}};
    for (const RankEvent& event : everyRankEvent()) frames.emplace_back(RankSaid{event});
    return frames;
}

// Frames have no operator==; their lines say all there is.
TEST(Protocol, EveryFrameComesBackAsItWasSent) {
    for (const RankEvent& event : everyRankEvent()) {
        const auto back = parseRankEvent(toLine(event));
        ASSERT_TRUE(back) << toLine(event);
        EXPECT_EQ(back->index(), event.index());
        EXPECT_EQ(toLine(*back), toLine(event));
    }
    for (const AgentCommand& command : everyCommand()) {
        const auto back = parseAgentCommand(toLine(command));
        ASSERT_TRUE(back) << toLine(command);
        EXPECT_EQ(toLine(*back), toLine(command));
    }
    for (const AgentFrame& frame : everyFrame()) {
        const auto back = parseAgentFrame(toLine(frame));
        ASSERT_TRUE(back) << toLine(frame);
        EXPECT_EQ(toLine(*back), toLine(frame));
    }
    for (const Job& job :
         {Job(Training{anyText, "weights", anyText, "/a/step-00000004"}),
          Job(Verification{R"({"ranks":4})"}), Job(Generation{anyText, R"({"prompt":[1]})"})}) {
        const RankCommand command = RankJob{job};
        const auto back = parseRankCommand(toLine(command));
        ASSERT_TRUE(back) << toLine(command);
        EXPECT_EQ(std::get<RankJob>(*back).job.index(), job.index());
        EXPECT_EQ(toLine(*back), toLine(command));
    }
}

TEST(Protocol, AStepKeepsEveryBitOfItsNumbers) {
    const auto step = std::get<RankStep>(*parseRankEvent(toLine(everyRankEvent()[2]))).step;
    EXPECT_EQ(step.step, 3);
    EXPECT_EQ(step.loss, 0.1);
    EXPECT_EQ(step.gradNorm, 1e-300);
    EXPECT_EQ(step.duration, Nanos(123'456'789'012));
    EXPECT_EQ(step.tokens, 4096);
}

TEST(Protocol, ALineIsOneLineAndNamesVersionAndType) {
    for (const AgentFrame& frame : everyFrame()) {
        const std::string line = toLine(frame);
        EXPECT_EQ(line.find('\n'), std::string::npos);
        const auto object = nlohmann::json::parse(line);
        EXPECT_EQ(object["v"], protocolVersion);
        EXPECT_TRUE(object["type"].is_string());
    }
}

TEST(Protocol, ALossThatIsNoNumberTravelsAsNullAndArrivesAsNaN) {
    for (const double loss : {std::nan(""), std::numeric_limits<double>::infinity()}) {
        const std::string line = toLine(RankEvent(RankStep{.rank = 0, .step = {.loss = loss}}));
        EXPECT_NE(line.find("\"loss\":null"), std::string::npos) << line;
        const auto back = parseRankEvent(line);
        ASSERT_TRUE(back);
        EXPECT_TRUE(std::isnan(std::get<RankStep>(*back).step.loss));
    }
}

TEST(Protocol, BytesThatAreNoUtf8AreReplacedWhenWritten) {
    const auto back = parseAgentFrame(
        toLine(AgentFrame(RankPrinted{.rank = 0, .stream = "out", .line = "a\xff\xfe z"})));
    ASSERT_TRUE(back);
    EXPECT_EQ(std::get<RankPrinted>(*back).line, "a\xEF\xBF\xBD\xEF\xBF\xBD z");
}

TEST(Protocol, ALineThatIsNoFrameIsNotRead) {
    for (
        const std::string& line : std::vector<std::string>{
            "",
            "{",
            "[]",
            "null",
            "12",
            "\"text\"",
            "loss 5.1",
            "{}",
            R"({"v":2})",
            R"({"type":"done"})",
            R"({"v":2,"type":"unknown","rank":0})",
            R"({"v":"1","type":"log","rank":0,"message":""})",
            R"({"v":1,"type":"log","rank":0,"message":""})",
            R"({"v":2,"type":"log","rank":0})",
            R"({"v":2,"type":"log","rank":0,"message":1})",
            R"({"v":2,"type":"log","rank":-1,"message":""})",
            R"({"v":2,"type":"log","rank":0.5,"message":""})",
            R"({"v":2,"type":"log","rank":"0","message":""})",
            R"({"v":2,"type":"log","rank":4294967296,"message":""})",
            R"({"v":2,"type":"log","rank":1e99,"message":""})",
            R"({"v":2,"type":"hello","rank":0,"pid":18446744073709551615,"device":"","versions":"",)"
            R"("plan":""})",
            R"({"v":2,"type":"hello","rank":0,"pid":1,"device":"","versions":""})",
            R"({"v":2,"type":"verdict","rank":0,"mode":"ring","verdict":""})",
            R"({"v":2,"type":"verdict","rank":0,"mode":"ring","verdict":[1]})",
            R"({"v":2,"type":"step","rank":0,"step":0,"loss":1e999,"grad_norm":1,)"
            R"("duration_ns":1,"tokens":1})",
            R"({"v":2,"type":"rendezvous","rank":0,"port":0})",
            R"({"v":2,"type":"rendezvous","rank":0,"port":65536})",
            "{\"v\":2,\"type\":\"log\",\"rank\":0,\"message\":\"\xff\"}",
            R"({"v":2,"type":"log","rank":0,"message":""} trailing)"})
        EXPECT_FALSE(parseRankEvent(line)) << line;
    EXPECT_FALSE(parseAgentFrame(R"({"v":2,"type":"rank","event":{"v":2,"type":"log"}})"));
    EXPECT_FALSE(parseAgentFrame(R"({"v":2,"type":"rank","event":[]})"));
    EXPECT_FALSE(parseAgentCommand(
        R"({"v":2,"type":"start","run":"r","program":"","ranks":[1],"environment":{},)"
        R"("job":{"type":"training","config":""},"traces":false})"));
    EXPECT_FALSE(parseAgentCommand(
        R"({"v":2,"type":"start","run":"r","program":"","ranks":[],"environment":{"a":1},)"
        R"("job":{"type":"training","config":""},"traces":false})"));
}

TEST(Protocol, AJobOfNoKnownKindIsNoFrame) {
    for (const char* job :
         {"null", "[]", "{}", R"({"type":"training"})", R"({"type":"training","config":1})",
          R"({"type":"verification","request":"{}"})", R"({"type":"dream","config":""})"})
        EXPECT_FALSE(parseRankCommand(std::string(R"({"v":2,"type":"job","job":)") + job + "}"))
            << job;
}

// A request travels as it is, but not as deep as it likes.
TEST(Protocol, ARequestThatNestsTooDeeplyIsNoFrame) {
    const auto nested = [](std::size_t levels) {
        return R"({"v":2,"type":"job","job":{"type":"verification","request":{"a":)" +
               std::string(levels, '[') + std::string(levels, ']') + "}}}";
    };
    EXPECT_TRUE(parseRankCommand(nested(30)));
    EXPECT_FALSE(parseRankCommand(nested(40)));
    EXPECT_FALSE(parseRankCommand(nested(500'000)));
}

TEST(Protocol, DeepNestingIsNotReadAndCostsNoStack) {
    const std::string deep = R"({"v":2,"type":"log","rank":0,"message":)";
    EXPECT_FALSE(parseRankEvent(deep + std::string(1'000'000, '[')));
    EXPECT_FALSE(
        parseRankEvent(deep + std::string(500'000, '[') + std::string(500'000, ']') + "}"));
}

TEST(Protocol, AFrameOfAnotherVersionIsKnownAsSuch) {
    EXPECT_EQ(foreignVersion(R"({"v":3,"type":"hello","host":"h"})"), 3);
    EXPECT_EQ(foreignVersion(toLine(AgentFrame(AgentHello{}))), std::nullopt);
    EXPECT_EQ(foreignVersion("a log line"), std::nullopt);
    EXPECT_EQ(foreignVersion(R"({"type":"hello"})"), std::nullopt);
}

TEST(Protocol, AStartWithoutAnAddressIsRead) {
    nlohmann::json start = nlohmann::json::parse(toLine(everyCommand().front()));
    start.erase("address");
    EXPECT_TRUE(parseAgentCommand(start.dump()));
    start["address"] = 7;
    EXPECT_FALSE(parseAgentCommand(start.dump()));
}

TEST(Protocol, UnknownMembersAreIgnored) {
    EXPECT_TRUE(parseRankEvent(R"({"v":2,"type":"log","rank":0,"message":"","new":[1]})"));
}

// Frames cut, joined and changed byte by byte: never an exception, and what is read can be written.
RC_GTEST_PROP(Protocol, SurvivesAnyDamage, ()) {
    const auto frames = everyFrame();
    std::string line = toLine(frames[*rc::gen::inRange<std::size_t>(0, frames.size())]);
    const auto changes = *rc::gen::inRange(1, 6);
    for (int change = 0; change < changes; ++change) {
        const auto at = *rc::gen::inRange<std::size_t>(0, line.size());
        const auto byte = *rc::gen::arbitrary<char>();
        *rc::gen::arbitrary<bool>() ? line.insert(at, 1, byte) : line.erase(at, 1);
        if (line.empty()) line = "{";
    }
    if (const auto frame = parseAgentFrame(line)) RC_ASSERT(parseAgentFrame(toLine(*frame)));
    if (const auto event = parseRankEvent(line)) RC_ASSERT(parseRankEvent(toLine(*event)));
    if (const auto command = parseAgentCommand(line))
        RC_ASSERT(parseAgentCommand(toLine(*command)));
    parseRankCommand(line);
    foreignVersion(line);
    currentLine(line);
}

std::vector<std::string> recordedLines() {
    std::ifstream file(RINGSCOPE_WIRE_FIXTURES "/version-1.jsonl");
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
}

// Every frame that version 1 had, as it wrote them.
TEST(RecordedWire, LinesOfVersionOneAreReadAsFramesOfToday) {
    const std::vector<std::string> lines = recordedLines();
    ASSERT_EQ(lines.size(), 27U);
    for (const std::string& line : lines) {
        EXPECT_EQ(foreignVersion(line), 1) << line;
        const std::string now = currentLine(line);
        EXPECT_TRUE(parseAgentFrame(now) || parseAgentCommand(now) || parseRankEvent(now) ||
                    parseRankCommand(now))
            << line;
    }
}

TEST(RecordedWire, ATrainingOfVersionOneKeepsItsConfiguration) {
    const std::string start =
        currentLine(R"({"v":1,"type":"start","run":"r","program":"","ranks":[],"environment":{},)"
                    R"("config":"model:\n  layers: 4\n","traces":false})");
    const auto command = parseAgentCommand(start);
    ASSERT_TRUE(command);
    EXPECT_EQ(std::get<Training>(std::get<StartRanks>(*command).job).configYaml,
              "model:\n  layers: 4\n");
    const auto config = parseRankCommand(currentLine(R"({"v":1,"type":"config","yaml":"a: 1"})"));
    ASSERT_TRUE(config);
    EXPECT_EQ(std::get<Training>(std::get<RankJob>(*config).job).configYaml, "a: 1");
}

TEST(RecordedWire, AVerificationOfVersionOneKeepsItsRequestAndVerdicts) {
    const auto command =
        parseRankCommand(currentLine(R"({"v":1,"type":"config","yaml":"{\"ranks\":4}"})"));
    ASSERT_TRUE(command);
    EXPECT_EQ(std::get<Verification>(std::get<RankJob>(*command).job).request, R"({"ranks":4})");
    const auto event = [](const std::string& verdict) {
        return parseRankEvent(currentLine(
            R"({"v":1,"type":"verdict","rank":0,"mode":"ring","verdict":")" + verdict + "\"}"));
    };
    EXPECT_EQ(std::get<RankTurn>(event("").value()).mode, "ring");
    EXPECT_EQ(std::get<RankVerdict>(event(R"({\"ok\":true})").value()).verdict, R"({"ok":true})");
}

TEST(RecordedWire, AHelloOfVersionOneTellsNoPlan) {
    const auto event = parseRankEvent(currentLine(
        R"({"v":1,"type":"hello","rank":0,"pid":1,"device":"cpu","versions":"torch 2"})"));
    ASSERT_TRUE(event);
    EXPECT_EQ(std::get<RankHello>(*event).plan, "");
}

TEST(RecordedWire, OtherLinesStayAsTheyAre) {
    const std::string deep = R"({"v":1,"type":"log","message":)" + std::string(100'000, '[');
    for (const std::string& line :
         {std::string("a log line"), std::string("{}"), std::string(R"({"v":3,"type":"hello"})"),
          toLine(AgentFrame(AgentHello{})), deep, deep + std::string(100'000, ']') + "}"})
        EXPECT_EQ(currentLine(line), line);
}

TEST(Protocol, NamesSignals) {
    EXPECT_EQ(signalName(SIGKILL), "SIGKILL");
    EXPECT_EQ(signalName(SIGSEGV), "SIGSEGV");
    EXPECT_EQ(signalName(64), "signal 64");
}

}  // namespace
}  // namespace ringscope
