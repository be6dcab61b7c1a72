// Smaller and smaller limits of communication buffers, and what each mode does to keep to them.
#include "backend/plan/message_fit.h"

#include "backend/plan/run_plan.h"
#include "tests/backend/plan/all_ranks.h"

#include <gmock/gmock.h>

namespace ringscope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

AttentionShape fittedShape(int ranks, std::int64_t heads = 4) {
    return {.ranks = ranks, .tokens = 64, .heads = heads, .kvHeads = heads, .headDim = 8};
}

// What is done for each limit just below what the last one needed, until the mode refuses.
std::vector<std::string> fallbacks(const char* mode, const AttentionShape& shape,
                                   std::string* refusal = nullptr) {
    std::vector<std::string> words;
    Bytes limit{1LL << 40};
    while (true) {
        const Result<MessageFit> fit = fitMessages(*findMode(mode), shape, std::nullopt, limit);
        if (!fit.ok()) {
            if (refusal != nullptr) *refusal = fit.error().message;
            return words;
        }
        EXPECT_LE(fit->bufferBytes, limit.count);
        words.push_back(fit->text());
        if (fit->bufferBytes == 0) return words;
        limit = {fit->bufferBytes - 1};
    }
}

TEST(FitMessages, TakesHeadsInTurnsThenGivesUpOverlap) {
    for (const char* mode : {"ring", "zigzag", "striped", "double-ring"}) {
        AttentionShape shape = fittedShape(4);
        shape.causal = std::string_view(mode) != "ring";
        std::string refusal;
        EXPECT_THAT(fallbacks(mode, shape, &refusal),
                    ElementsAre("", "heads in 2 turns", "heads in 4 turns",
                                "heads in 4 turns, synchronous"))
            << mode;
        EXPECT_THAT(refusal, HasSubstr(std::string(mode) + " needs at least ")) << mode;
        EXPECT_THAT(refusal, HasSubstr("more than parallel.comm_buffer_limit (")) << mode;
    }
}

TEST(FitMessages, ExchangesQueriesKeysAndValuesOneByOneWhereThatHelps) {
    EXPECT_THAT(fallbacks("ulysses", fittedShape(2)),
                ElementsAre("", "heads in 2 turns", "heads in 2 turns, unpacked"));
    EXPECT_THAT(fallbacks("usp", fittedShape(4)),
                ElementsAre("", "heads in 2 turns", "heads in 2 turns, unpacked"));
}

TEST(FitMessages, LeavesWhatDoesNotHelp) {
    // A causal ring has the most gradients under way when its last keys have come.
    EXPECT_THAT(fallbacks("ring", fittedShape(4)),
                ElementsAre("", "heads in 2 turns", "heads in 4 turns"));
    // The last head is one group: there is no next one to gather ahead.
    EXPECT_THAT(fallbacks("llama3", fittedShape(4)),
                ElementsAre("", "heads in 2 turns", "heads in 4 turns"));
}

TEST(FitMessages, NeedsNoBuffersWhereNothingIsSent) {
    EXPECT_THAT(fallbacks("none", fittedShape(1)), ElementsAre(""));
}

TEST(FitMessages, SendsTheSameBytesInEveryWay) {
    for (const char* mode : {"legacy", "ring", "zigzag", "ulysses", "llama3", "ring-allgather"}) {
        const AttentionShape shape = fittedShape(2, 8);
        const std::int64_t sent = sentBytes(findMode(mode)->schedule(shape).value(), 0);
        Bytes limit{1LL << 40};
        while (true) {
            const Result<MessageFit> fit = fitMessages(*findMode(mode), shape, std::nullopt, limit);
            if (!fit.ok()) break;
            EXPECT_EQ(fit->sentBytes, sent) << mode << ", " << fit->text();
            limit = {fit->bufferBytes - 1};
        }
    }
}

TEST(FitMessages, CountsARingsBuffersForKeysAndGradients) {
    const AttentionShape shape = fittedShape(4);
    const std::int64_t keys = 2 * 16 * 4 * 8 * 4;  // K and V of a shard in fp32
    const Schedule schedule = findMode("ring")->schedule(shape).value();
    const MessageFit fit = fitMessages(*findMode("ring"), shape, std::nullopt, {1LL << 40}).value();
    EXPECT_EQ(fit.bufferBytes, 4 * keys) << "two of each in the backward pass";
}

RunConfig tightRun(std::int64_t limit) {
    RunConfig config;
    config.parallel.mode = "zigzag";
    config.parallel.commBufferLimit = {limit};
    return config;
}

TEST(FitMessages, IsNamedInTheNotesOfThePlan) {
    const RunPlan plain = planRun(tightRun(1LL << 30)).value();
    EXPECT_EQ(plain.smallerMessages, "");
    EXPECT_EQ(plain.parts.front().headTurns, 1);
    const RunPlan tight = planRun(tightRun(plain.commBufferBytes / 2)).value();
    EXPECT_EQ(tight.parts.front().headTurns, 2);
    EXPECT_EQ(tight.commBufferBytes, plain.commBufferBytes / 2);
    EXPECT_EQ(tight.attentionBytesPerStep, plain.attentionBytesPerStep);
    EXPECT_EQ(tight.flopsPerStep, plain.flopsPerStep);
    EXPECT_THAT(tight.smallerMessages, HasSubstr("with heads in 2 turns; buffers take"));
    EXPECT_THAT(tight.notes, ::testing::Contains(tight.smallerMessages));
}

}  // namespace
}  // namespace ringscope
