// What becomes of a batch that cannot be evaluated, with a scripted agent.
#include "backend/verify/evaluation.h"

#include "backend/core/version.h"
#include "tests/backend/run/fakes.h"
#include "tests/support/program.h"

#include <gmock/gmock.h>

#include <filesystem>

namespace ringscope {
namespace {

using test::FakeTransport;
using test::Script;
using ::testing::HasSubstr;

class Evaluating : public ::testing::Test {
protected:
    Evaluating() {
        std::filesystem::copy(RINGSCOPE_MODEL_FIXTURES "/llama", model());
        request.plan.config.model.from = model().string();
        request.dump = folder.path() / "dump";
    }
    std::filesystem::path model() const { return folder.path() / "llama"; }
    Result<EvaluationOutcome> run() {
        FakeTransport transport(script);
        return evaluate(request, transport, {}, script.clock());
    }

    test::TemporaryFolder folder;
    EvaluationRequest request;
    Script script;
};

TEST_F(Evaluating, WritesNothingWhereTheModelCannotBeRead) {
    std::filesystem::remove(model() / "config.json");
    std::filesystem::copy_file(RINGSCOPE_MODEL_FIXTURES "/gpt2/config.json",
                               model() / "config.json");
    const Result<EvaluationOutcome> outcome = run();
    ASSERT_FALSE(outcome.ok());
    EXPECT_EQ(outcome.error().code, ErrorCode::InvalidConfig);
    EXPECT_THAT(outcome.error().message, HasSubstr(model().string()));
    EXPECT_TRUE(script.commands.empty());
    EXPECT_FALSE(std::filesystem::exists(request.dump));
}

TEST_F(Evaluating, LeavesNoFolderBehindWhereARankFails) {
    script.onCommand = [](const AgentCommand& command, Script& agent) {
        if (!std::holds_alternative<StartRanks>(command)) return;
        agent.says(AgentHello{.host = "here", .pid = 1, .version = version()});
        agent.says(RankStarted{.rank = 0, .pid = 10});
        agent.says(RankExited{.rank = 0, .code = 3});
    };
    EXPECT_FALSE(run().ok());
    EXPECT_FALSE(script.commands.empty());
    EXPECT_FALSE(std::filesystem::exists(request.dump));
    std::filesystem::create_directory(request.dump);
    EXPECT_FALSE(run().ok());
    EXPECT_TRUE(std::filesystem::exists(request.dump)) << "it was there before";
}

}  // namespace
}  // namespace ringscope
