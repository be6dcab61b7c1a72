// What becomes of verdicts, refusals and ranks that die, with a scripted agent.
#include "backend/verify/verification.h"

#include "backend/core/files.h"
#include "backend/core/version.h"
#include "tests/backend/run/fakes.h"
#include "tests/support/program.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

using test::FakeTransport;
using test::Script;
using ::testing::HasSubstr;

ModeVerdict goodVerdict(const std::string& mode) {
    ModeVerdict verdict{.mode = mode, .ranks = 2};
    for (TensorVerdict& tensor : verdict.tensors)
        tensor = {.ok = true,
                  .maxError = 1e-7,
                  .tolerance = 1e-6,
                  .worstSlice = {.begin = 0, .end = 32, .error = 1e-8},
                  .sliceTolerance = 1e-7};
    verdict.probe = ProbeVerdict{.token = 3, .rowsChanged = 5, .ranksChanged = 2};
    conclude(verdict);
    return verdict;
}

class Verifying : public ::testing::Test {
protected:
    // Two ranks that come up.
    void start() {
        script.says(AgentHello{.host = "here", .pid = 1, .version = version()});
        for (int rank : {0, 1}) {
            script.says(RankStarted{.rank = rank, .pid = 10 + rank});
            script.says(RankSaid{
                RankHello{.rank = rank, .pid = 10 + rank, .device = "cpu", .versions = "torch 2"}});
        }
    }
    void begin(const std::string& mode) {
        script.says(RankSaid{RankTurn{.rank = 0, .mode = mode}});
    }
    void judged(const ModeVerdict& verdict) {
        begin(verdict.mode);
        script.says(RankSaid{
            RankVerdict{.rank = 0, .mode = verdict.mode, .verdict = toJson(verdict).dump()}});
    }
    void end() {
        for (int rank : {0, 1}) {
            script.says(RankSaid{RankDone{.rank = rank, .peakMemory = {100 + rank}}});
            script.says(RankExited{.rank = rank});
        }
    }
    Result<VerifyOutcome> verifyModes(const std::vector<std::string>& modes) {
        request.modes = modes;
        request.ranks = 2;
        FakeTransport transport(script);
        return verify(request, transport, {}, stop.get_token(), script.clock());
    }

    VerifyRequest request;
    Script script;
    std::stop_source stop;
};

TEST_F(Verifying, HandsTheRanksTheRequestAndGivesTheirVerdicts) {
    request.problem.seed = 5;
    request.device = DeviceChoice::Cuda;
    script.onCommand = [&](const AgentCommand& command, Script&) {
        const auto* started = std::get_if<StartRanks>(&command);
        if (started == nullptr) return;
        EXPECT_EQ(started->ranks.size(), 2U);
        EXPECT_EQ(started->ranks[1].arguments.back(), "--verify");
        const auto asked = requestFromText(std::get<Verification>(started->job).request);
        ASSERT_TRUE(asked.has_value());
        EXPECT_EQ(asked->problem, request.problem);
        EXPECT_EQ(asked->device, DeviceChoice::Cuda);
        EXPECT_EQ(asked->modes, (std::vector<std::string>{"ring", "zigzag"}));
        start();
        judged(goodVerdict("ring"));
        judged(goodVerdict("zigzag"));
        end();
    };
    const Result<VerifyOutcome> outcome = verifyModes({"ring", "zigzag"});
    ASSERT_TRUE(outcome.ok()) << outcome.error().message;
    ASSERT_EQ(outcome->verdicts.size(), 2U);
    EXPECT_TRUE(outcome->verdicts[0].ok);
    EXPECT_EQ(outcome->verdicts[1].mode, "zigzag");
    EXPECT_EQ(outcome->verdicts[1].tensors[4].maxError, 1e-7);
    EXPECT_EQ(outcome->peakMemory.count, 101);
}

TEST_F(Verifying, StartsNothingForWhatIsRefused) {
    request.problem.heads = request.problem.kvHeads = 5;
    const Result<VerifyOutcome> outcome = verifyModes({"ulysses"});
    ASSERT_TRUE(outcome.ok());
    EXPECT_TRUE(script.commands.empty());
    ASSERT_EQ(outcome->verdicts.size(), 1U);
    EXPECT_TRUE(outcome->verdicts[0].refused);
    EXPECT_EQ(outcome->verdicts[0].reason,
              "ulysses needs heads divisible by ranks: 5 heads, 2 ranks; legal: 1, 5");
}

TEST_F(Verifying, RefusesOnAGpuHeadsThatOnlyTheCpuTakes) {
    request.problem.headDim = 257;
    request.device = DeviceChoice::Cuda;
    const Result<VerifyOutcome> outcome = verifyModes({"ring"});
    ASSERT_TRUE(outcome.ok());
    EXPECT_TRUE(script.commands.empty());
    EXPECT_EQ(outcome->verdicts[0].reason,
              "attention on a GPU takes heads of up to 256 columns; got 257");
}

TEST_F(Verifying, NamesTheReasonOfEachModeThatCannotSplitTheShape) {
    request.problem.heads = request.problem.kvHeads = 5;
    request.device = DeviceChoice::Cuda;
    request.problem.headDim = 257;
    const Result<VerifyOutcome> gpu = verifyModes({"ulysses", "zigzag"});
    ASSERT_TRUE(gpu.ok());
    for (const ModeVerdict& verdict : gpu->verdicts)
        EXPECT_THAT(verdict.reason, HasSubstr("up to 256 columns")) << verdict.mode;
}

TEST_F(Verifying, BlamesTheModeDuringWhichARankDiedAndRunsTheRestAgain) {
    int starts = 0;
    script.onCommand = [&](const AgentCommand& command, Script&) {
        const auto* started = std::get_if<StartRanks>(&command);
        if (started == nullptr) return;
        start();
        if (++starts == 1) {
            judged(goodVerdict("legacy"));
            begin("ring");
            script.says(RankExited{.rank = 1, .signal = 11});
            script.says(RankExited{.rank = 0, .code = 1});
        } else {
            EXPECT_EQ(requestFromText(std::get<Verification>(started->job).request)->modes,
                      std::vector<std::string>{"zigzag"});
            judged(goodVerdict("zigzag"));
            end();
        }
    };
    const Result<VerifyOutcome> outcome = verifyModes({"legacy", "ring", "zigzag"});
    ASSERT_TRUE(outcome.ok()) << outcome.error().message;
    EXPECT_EQ(starts, 2);
    ASSERT_EQ(outcome->verdicts.size(), 3U);
    EXPECT_TRUE(outcome->verdicts[0].ok);
    EXPECT_FALSE(outcome->verdicts[1].ok);
    EXPECT_FALSE(outcome->verdicts[1].refused);
    EXPECT_EQ(outcome->verdicts[1].reason, "rank 1 was ended by SIGSEGV");
    EXPECT_TRUE(outcome->verdicts[2].ok);
}

TEST_F(Verifying, AFailureBeforeTheFirstModeIsNoMismatch) {
    script.onCommand = [&](const AgentCommand& command, Script&) {
        if (std::holds_alternative<StopRanks>(command))
            for (int rank : {0, 1}) script.says(RankExited{.rank = rank, .signal = 15});
        if (!std::holds_alternative<StartRanks>(command)) return;
        start();
        script.says(RankSaid{RankError{.rank = 0, .message = "out of memory"}});
        script.passes(std::chrono::seconds(1));
    };
    const Result<VerifyOutcome> outcome = verifyModes({"ring"});
    ASSERT_FALSE(outcome.ok());
    EXPECT_EQ(outcome.error().message, "rank 0: out of memory");
}

TEST_F(Verifying, KeepsTheVerdictsUpToTheStop) {
    script.onCommand = [&](const AgentCommand& command, Script&) {
        if (std::holds_alternative<StopRanks>(command)) {
            script.says(RankExited{.rank = 0, .signal = 15});
            script.says(RankExited{.rank = 1, .signal = 15});
        }
        if (!std::holds_alternative<StartRanks>(command)) return;
        start();
        judged(goodVerdict("ring"));
        begin("zigzag");
        script.onReceive = [this, told = 0]() mutable {
            if (++told == 12) stop.request_stop();
        };
    };
    const Result<VerifyOutcome> outcome = verifyModes({"ring", "zigzag"});
    ASSERT_TRUE(outcome.ok()) << outcome.error().message;
    EXPECT_TRUE(outcome->cancelled);
    ASSERT_EQ(outcome->verdicts.size(), 1U);
    EXPECT_EQ(outcome->verdicts[0].mode, "ring");
}

TEST(Verdict, SaysEverythingThatIsWrong) {
    ModeVerdict verdict = goodVerdict("ring");
    EXPECT_TRUE(verdict.ok);
    verdict.tensors[2].ok = false;
    verdict.tensors[2].maxError = 0.5;
    verdict.bytesSent = 8;
    verdict.probe->rowsLeaked = 2;
    conclude(verdict);
    EXPECT_FALSE(verdict.ok);
    EXPECT_EQ(verdict.reason,
              "dq is off by 0.5, at most 1e-06 is rounding; 8 bytes were sent, the schedule has 0; "
              "probe: 2 rows changed that must not see token 3");
}

TEST(Verdict, TravelsAsJsonWithInfiniteErrors) {
    ModeVerdict verdict = goodVerdict("ring");
    verdict.tensors[0].ok = false;
    verdict.tensors[0].maxError = std::numeric_limits<double>::infinity();
    conclude(verdict);
    const auto read = verdictFromJson(nlohmann::json::parse(toJson(verdict).dump()));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(toJson(*read), toJson(verdict));
    EXPECT_TRUE(toJson(*read)["max_err"]["out"].is_null());
    EXPECT_FALSE(verdictFromJson(nlohmann::json::object()).has_value());
    EXPECT_FALSE(verdictFromJson(nullptr).has_value());
}

TEST(Dump, NeverOverwritesAnother) {
    const test::TemporaryFolder folder;
    VerifyRequest request{.modes = {"ring"}, .dump = (folder.path() / "proof").string()};
    ASSERT_TRUE(prepareDump(request).ok());
    EXPECT_EQ(caseFromJson(
                  nlohmann::json::parse(readFile(folder.path() / "proof" / "case.json").value())),
              request.problem);
    const Result<void> again = prepareDump(request);
    ASSERT_FALSE(again.ok());
    EXPECT_EQ(again.error().message,
              "--dump: '" + (folder.path() / "proof" / "case.json").string() +
                  "' is already there; a dump never overwrites one, name another folder");
}

}  // namespace
}  // namespace ringscope
