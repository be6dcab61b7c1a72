// Texts of many clients in one batch: who is served, what each gets, and what room it takes.
#include "kernels/generate/serving_loop.h"
#include "tests/kernels/train/family_models.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace ringscope {
namespace {

using ::testing::HasSubstr;

class Loop : public ::testing::Test {
protected:
    static std::unique_ptr<BatchModel> modelOf(const std::string& family, const BatchLimits& limits,
                                               NumberFormat format = NumberFormat::Fp32) {
        RunConfig config = test::familyRun(family, format);
        config.train.batch = 1;
        return BatchModel::make(config, c10::Device(c10::kCPU), limits).value();
    }

    static GenerationRequest requestOf(std::int64_t prompt, std::int64_t more) {
        GenerationRequest request{.maxTokens = more};
        for (std::int64_t token = 0; token < prompt; ++token)
            request.prompt.push_back(token * 7 % 70);
        return request;
    }

    struct Made {
        std::vector<std::int64_t> tokens;
        std::string ended;
        std::string problem;
    };
    using AllMade = std::map<std::int64_t, Made>;

    static void add(const ServingStep& step, AllMade& made) {
        for (const ServingGrowth& growth : step.growths) {
            Made& text = made[growth.id];
            text.tokens.insert(text.tokens.end(), growth.tokens.begin(), growth.tokens.end());
            text.ended = growth.ended;
            text.problem = growth.problem;
        }
    }

    static void finish(ServingLoop& loop, AllMade& made) {
        while (!loop.idle()) add(loop.step(), made);
    }

    static AllMade finish(ServingLoop& loop) {
        AllMade made;
        finish(loop, made);
        return made;
    }
};

constexpr Bytes someMemory{std::int64_t{8} << 20};

// Greedy texts of tests/peers/generate.py, three of them at once, each begun at another step.
TEST_F(Loop, GoesOnWithEveryFamilyAsTransformersDoes) {
    const nlohmann::json recorded =
        nlohmann::json::parse(std::ifstream(RINGSCOPE_GENERATED)).at("models");
    for (const std::string& family : test::modelFamilies()) {
        SCOPED_TRACE(family);
        const nlohmann::json& of = recorded.at(family);
        auto wanted = of["tokens"].get<std::vector<std::int64_t>>();
        const auto margins = of["margins"].get<std::vector<double>>();
        const auto unclear =
            std::ranges::find_if(margins, [](double margin) { return margin < 1e-4; });
        wanted.resize(
            std::min<std::size_t>(70, static_cast<std::size_t>(unclear - margins.begin())));
        const auto model = modelOf(family, {.texts = 3, .tokensOfPart = 4, .cache = someMemory});
        ServingLoop loop(*model, std::nullopt, 4);
        AllMade made;
        for (std::int64_t id = 0; id < 3; ++id) {
            loop.begin({.id = id,
                        .request = {.prompt = of["prompt"].get<std::vector<std::int64_t>>(),
                                    .maxTokens = std::ssize(wanted)}});
            for (int step = 0; step < 5; ++step) add(loop.step(), made);
        }
        finish(loop, made);
        for (std::int64_t id = 0; id < 3; ++id) {
            EXPECT_EQ(made[id].tokens, wanted) << id;
            EXPECT_EQ(made[id].ended, endedByLength);
        }
        EXPECT_EQ(model->used(), 0);
    }
}

TEST_F(Loop, DrawsForATextWhatItDrawsAlone) {
    const auto model = modelOf("qwen3", {.texts = 8, .tokensOfPart = 8, .cache = someMemory});
    GenerationRequest request = requestOf(11, 30);
    request.sampling = {.temperature = 1, .topP = 0.9, .seed = 4};
    ServingLoop one(*model, std::nullopt, 16);
    one.begin({.id = 1, .request = request});
    const AllMade alone = finish(one);

    ServingLoop many(*model, std::nullopt, 16);
    for (std::int64_t id = 10; id < 16; ++id)
        many.begin({.id = id, .request = requestOf(id, 5 * (id - 9))});
    many.begin({.id = 1, .request = request});
    many.begin({.id = 2, .number = 1, .request = request});
    AllMade together = finish(many);
    EXPECT_EQ(together[1].tokens, alone.at(1).tokens);
    EXPECT_NE(together[2].tokens, alone.at(1).tokens) << "another number, another text";
}

TEST_F(Loop, LetsTextsInWhenOthersEndAndGivesRoomBackAtOnce) {
    const auto model = modelOf("llama", {.texts = 2, .tokensOfPart = 8, .cache = someMemory});
    ServingLoop loop(*model, std::nullopt, 8);
    loop.begin({.id = 1, .request = requestOf(4, 3)});
    loop.begin({.id = 2, .request = requestOf(4, 100)});
    loop.begin({.id = 3, .request = requestOf(4, 2)});
    ServingStep step = loop.step();
    EXPECT_EQ(step.running, 2);
    EXPECT_EQ(step.waiting, 1);
    EXPECT_EQ(step.read, 8) << "both prompts";
    ASSERT_EQ(step.growths.size(), 2U);
    loop.step();
    step = loop.step();
    EXPECT_EQ(step.growths[0].ended, endedByLength);
    EXPECT_EQ(step.running, 1) << "the first one has gone";
    step = loop.step();
    EXPECT_EQ(step.running, 2) << "and the third is in";
    EXPECT_EQ(step.growths.size(), 2U) << "its prompt is read in the step that makes a token";

    const std::int64_t before = step.reserved;
    loop.leave(2);
    EXPECT_LT(model->used(), before);
    loop.leave(2);
    loop.leave(99);
    const AllMade rest = finish(loop);
    EXPECT_EQ(rest.size(), 1U);
    EXPECT_EQ(rest.at(3).ended, endedByLength);
    EXPECT_EQ(model->used(), 0);
}

// A long prompt is read in parts, and the others go on in between.
TEST_F(Loop, ReadsALongPromptWhileOthersGoOn) {
    const auto model = modelOf("llama", {.texts = 2, .tokensOfPart = 8, .cache = someMemory});
    ServingLoop loop(*model, std::nullopt, 8);
    loop.begin({.id = 1, .request = requestOf(4, 100)});
    loop.step();
    loop.begin({.id = 2, .request = requestOf(60, 2)});
    int steps = 0;
    for (;; ++steps) {
        const ServingStep step = loop.step();
        ASSERT_EQ(step.growths.front().id, 1);
        if (step.growths.size() == 2) break;
        EXPECT_EQ(step.read, 8);
    }
    EXPECT_EQ(steps, 7);
}

// Three questions before which many texts stand, in a cache that has no room for all of them, with
// texts that leave in between: each gets what it gets in a cache of its own.
TEST_F(Loop, MakesTheSameTextsWhereTheyShareTheirBeginnings) {
    const BatchLimits limits{.texts = 4, .tokensOfPart = 8, .longest = 80};
    const auto withCache = [&](std::int64_t tokens) {
        BatchLimits own = limits;
        const RunConfig config = test::familyRun("llama", NumberFormat::Fp64);
        const std::int64_t ofToken =
            config.model.layers * 2 * config.model.kvHeads * config.model.headDim() * 8;
        own.cache = {tokens * ofToken};
        return modelOf("llama", own, NumberFormat::Fp64);
    };
    std::mt19937 draw(3);
    std::vector<GenerationRequest> requests;
    for (int i = 0; i < 40; ++i) {
        GenerationRequest request = requestOf(20 + 16 * (i % 3), 1 + static_cast<int>(draw() % 12));
        request.prompt.front() = i % 3;
        for (std::uint32_t more = draw() % 9; more > 0; --more)
            request.prompt.push_back(static_cast<std::int64_t>(draw() % 70));
        requests.push_back(std::move(request));
    }
    const auto model = withCache(160);
    ServingLoop loop(*model, std::nullopt, 16);
    AllMade made;
    std::int64_t found = 0;
    std::int64_t read = 0;
    std::int64_t most = 0;
    const auto step = [&] {
        const ServingStep done = loop.step();
        found += done.found;
        read += done.read;
        most = std::max(most, done.reserved + done.kept);
        add(done, made);
    };
    for (std::size_t i = 0; i < requests.size(); ++i) {
        loop.begin({.id = static_cast<std::int64_t>(i), .request = requests[i]});
        GenerationRequest leaves = requests[i];
        leaves.maxTokens = 30;
        loop.begin({.id = 1000 + static_cast<std::int64_t>(i), .request = leaves});
        for (std::uint32_t steps = draw() % 6; steps > 0; --steps) step();
        loop.leave(1000 + static_cast<std::int64_t>(i));
    }
    while (!loop.idle()) step();
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const auto fresh = withCache(160);
        ServingLoop alone(*fresh, std::nullopt, 16);
        alone.begin({.id = 0, .request = requests[i]});
        EXPECT_EQ(made[static_cast<std::int64_t>(i)].tokens, finish(alone).at(0).tokens) << i;
    }
    EXPECT_GT(found, 16 * 40) << "of " << found + read;
    EXPECT_LE(most, model->capacity());
    EXPECT_EQ(model->used(), 0);
}

TEST_F(Loop, SaysWhatCanNeverHaveRoom) {
    const auto model =
        modelOf("llama", {.texts = 2, .tokensOfPart = 8, .longest = 32, .cache = someMemory});
    ServingLoop loop(*model, std::nullopt, 8);
    loop.begin({.id = 1, .request = requestOf(20, 14)});
    const ServingStep step = loop.step();
    ASSERT_EQ(step.growths.size(), 1U);
    EXPECT_THAT(step.growths[0].problem,
                HasSubstr("would have 34 tokens, and there is room for 33"));
    EXPECT_TRUE(loop.idle());
}

// The model has 79 ids, of which two have a text.
TEST_F(Loop, MakesNoTokenThatTheTokenizerDoesNotHave) {
    const auto model = modelOf("llama", {.texts = 2, .tokensOfPart = 8, .cache = someMemory});
    ServingLoop loop(*model, Tokenizer::ofCharacters("ab").value(), 8);
    GenerationRequest request = requestOf(1, 20);
    request.sampling = {.temperature = 1, .seed = 1};
    loop.begin({.id = 1, .request = request});
    const AllMade made = finish(loop);
    EXPECT_EQ(made.at(1).problem, "");
    EXPECT_THAT(made.at(1).tokens, ::testing::Each(::testing::Lt(2)));
    EXPECT_EQ(made.at(1).tokens.size(), 20U);
}

}  // namespace
}  // namespace ringscope
