// What becomes of a generation, with a scripted agent; and its request as text.
#include "backend/generate/generation.h"

#include "backend/core/version.h"
#include "backend/generate/generation_limits.h"
#include "tests/backend/run/fakes.h"

#include <gmock/gmock.h>

namespace ringscope {
namespace {

using test::FakeTransport;
using test::Script;

class Generating : public ::testing::Test {
protected:
    Result<GenerationOutcome> run() {
        FakeTransport transport(script);
        return generate(
            test::smallRequest(1).plan, request, transport,
            [&](const RankTokens& told) { heard += told.text; }, {}, script.clock());
    }
    // A rank that says `events` once it is started, and ends with `code`.
    void says(const std::vector<RankEvent>& events, int code) {
        script.onCommand = [events, code](const AgentCommand& command, Script& agent) {
            if (!std::holds_alternative<StartRanks>(command)) return;
            agent.says(AgentHello{.host = "here", .pid = 1, .version = version()});
            agent.says(RankStarted{.rank = 0, .pid = 10});
            for (const RankEvent& event : events) agent.says(RankSaid{event});
            agent.says(RankExited{.rank = 0, .code = code});
        };
    }

    GenerationRequest request{.prompt = {1, 2}, .maxTokens = 4, .texts = 2};
    Script script;
    std::string heard;
};

const RankEvent hello = RankHello{.rank = 0, .pid = 10, .device = "cpu", .versions = "torch"};

TEST_F(Generating, PutsItsTextsTogether) {
    says({hello, RankTokens{.textNumber = 0, .tokens = {7}, .text = "A "},
          RankTokens{.textNumber = 1, .tokens = {9}, .text = "B", .ended = "stop"},
          RankTokens{.textNumber = 0, .tokens = {8}, .text = "mill", .ended = "length"},
          RankGenerated{
              .promptTokens = 2, .tokens = 3, .first = Nanos(5), .total = Nanos(9), .cache = {64}},
          RankDone{.rank = 0, .peakMemory = {4096}}},
         0);
    const Result<GenerationOutcome> outcome = run();
    ASSERT_TRUE(outcome.ok()) << outcome.error().message;
    EXPECT_EQ(heard, "A Bmill");
    EXPECT_EQ(outcome->texts[0].text, "A mill");
    EXPECT_EQ(outcome->texts[0].tokens, (std::vector<std::int64_t>{7, 8}));
    EXPECT_EQ(outcome->texts[0].ended, "length");
    EXPECT_EQ(outcome->texts[1].ended, "stop");
    EXPECT_EQ(outcome->tokens, 3);
    EXPECT_EQ(outcome->first, Nanos(5));
    EXPECT_EQ(outcome->cache.count, 64);
    EXPECT_EQ(outcome->peakMemory.count, 4096);
}

TEST_F(Generating, FailsWithWhatARankSays) {
    says({hello, RankError{.rank = 0, .message = "the model has 40 learned positions"}}, 1);
    const Result<GenerationOutcome> outcome = run();
    ASSERT_FALSE(outcome.ok());
    EXPECT_THAT(outcome.error().message, ::testing::HasSubstr("40 learned positions"));
}

TEST_F(Generating, BelievesNoRankThatTellsOfAnotherText) {
    says({hello, RankTokens{.textNumber = 2, .tokens = {7}}}, 0);
    EXPECT_FALSE(run().ok());
}

TEST(GenerationLimits, SayWhichModelCannotGoOnWithAText) {
    RunConfig config;
    EXPECT_TRUE(checkGeneration(config, 1 << 20).ok());
    config.model.position = PositionKind::Learned;
    config.model.positions = 40;
    EXPECT_TRUE(checkGeneration(config, 40).ok());
    EXPECT_THAT(
        checkGeneration(config, 41).error().message,
        ::testing::HasSubstr("has 40 learned positions, and prompt and new tokens need 41"));
    config.attention.pattern = {.kind = PatternKind::Dilated, .segments = {4, 8}, .rates = {1, 2}};
    EXPECT_TRUE(checkGeneration(config, 40).ok());
    config.attention.pattern.rates = {2, 4};
    EXPECT_THAT(checkGeneration(config, 1).error().message,
                ::testing::HasSubstr("leave 1 of 2 rows of a head without a key"));
    config.attention.pattern = {.kind = PatternKind::BlockSparse, .block = 4, .file = "blocks.npy"};
    EXPECT_THAT(checkGeneration(config, 4).error().message,
                ::testing::HasSubstr("'blocks.npy', which are those of one length of text, and a "
                                     "text that goes on gets longer"));
    config.attention.pattern = {.kind = PatternKind::BlockSparse, .block = 4, .topK = 2};
    EXPECT_TRUE(checkGeneration(config, 40).ok());
    config.attention.causal = false;
    EXPECT_THAT(checkGeneration(config, 4).error().message,
                ::testing::HasSubstr("tokens see later ones"));
    config = {};
    config.model.attention = AttentionKind::Nsa;
    EXPECT_EQ(checkGeneration(config, 4).error().message,
              "this model's attention is native sparse attention (model.attention: nsa), whose "
              "compressed keys no cache keeps yet; take a model with gqa or mla");
}

TEST(GenerationRequest, ComesBackAsItWasSent) {
    const GenerationRequest request{.prompt = {5, 151'643},
                                    .maxTokens = 77,
                                    .texts = 3,
                                    .sampling = {.temperature = 0.7,
                                                 .topK = 40,
                                                 .topP = 0.95,
                                                 .minP = 0.05,
                                                 .repetitionPenalty = 1.1,
                                                 .seed = -3},
                                    .stops = {"\n\n", "\u00e9"},
                                    .endTokens = {2},
                                    .tokenizer = "models/tiny"};
    EXPECT_EQ(generationFromText(generationText(request)), request);
    EXPECT_FALSE(generationFromText("{}"));
    EXPECT_FALSE(generationFromText("["));
}

}  // namespace
}  // namespace ringscope
