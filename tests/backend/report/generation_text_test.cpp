#include "backend/report/generation_text.h"

#include <gmock/gmock.h>

#include <chrono>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

GenerationOutcome twoTexts() {
    return {.texts = {{{5, 6, 7}, "one \"two\"", std::string(endedByLength)}, {{8}, "three", ""}},
            .tokens = 4,
            .first = 250ms,
            .total = 1250ms,
            .cache = {3 << 20},
            .peakMemory = {1 << 30}};
}

TEST(GenerationText, NumbersSeveralTexts) {
    EXPECT_EQ(
        generatedTexts(twoTexts(), /*asText=*/true),
        "--- 1 of 2, 3 tokens, length\none \"two\"\n--- 2 of 2, 1 tokens, broken off\nthree\n");
    GenerationOutcome one = twoTexts();
    one.texts.pop_back();
    EXPECT_EQ(generatedTexts(one, /*asText=*/true), "one \"two\"\n");
    EXPECT_EQ(generatedTexts(one, /*asText=*/false), "5 6 7\n");
}

// Of four tokens two are the texts' first ones; the others took a second.
TEST(GenerationText, CountsTokensBehindTheFirst) {
    const GenerationRequest request{.prompt = {1, 2, 3}};
    EXPECT_EQ(generationFigures(request, twoTexts()),
              "4 tokens behind 3 of the prompt: the first after 250 ms, then 2.00 tokens/s; cache "
              "3.00 MiB");
    GenerationOutcome first = twoTexts();
    first.tokens = 2;
    first.total = first.first;
    EXPECT_THAT(generationFigures(request, first), HasSubstr("then 0.00 tokens/s"));
}

TEST(GenerationText, HasAllOfItAsJson) {
    RunPlan plan;
    plan.config.model.from = "models/a";
    plan.config.parallel.mode = "ring";
    plan.ranks = 2;
    const nlohmann::json made =
        nlohmann::json::parse(generationJson(plan, {.prompt = {1, 2, 3}}, twoTexts()));
    EXPECT_EQ(made["model"], "models/a");
    EXPECT_EQ(made["mode"], "ring");
    EXPECT_EQ(made["ranks"], 2);
    EXPECT_EQ(made["prompt_tokens"], 3);
    EXPECT_EQ(made["texts"][0]["text"], "one \"two\"");
    EXPECT_EQ(made["texts"][1]["ended"], "");
    EXPECT_EQ(made["first_token_s"], 0.25);
    EXPECT_EQ(made["total_s"], 1.25);
    EXPECT_EQ(made["tokens_per_s"], 2.0);
    EXPECT_EQ(made["cache_bytes"], 3 << 20);
    EXPECT_EQ(made["peak_bytes"], 1 << 30);
}

TEST(GenerationText, ListsIds) {
    EXPECT_EQ(idsText({}), "");
    EXPECT_EQ(idsText({5, 6}), "5 6");
}

}  // namespace
}  // namespace ringscope
