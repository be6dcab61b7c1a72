#include "kernels/generate/sampling.h"

#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

namespace ringscope {
namespace {

SamplingSettings settingsOf(const nlohmann::json& told) {
    return {.temperature = told.value("temperature", 1.0),
            .topK = told.value("top_k", std::int64_t{0}),
            .topP = told.value("top_p", 1.0),
            .minP = told.value("min_p", 0.0),
            .repetitionPenalty = told.value("repetition_penalty", 1.0)};
}

// tests/peers/generate.py recorded the probabilities that transformers samples from.
TEST(Sampling, LeavesTheTokensThatTransformersDoes) {
    const nlohmann::json file = nlohmann::json::parse(std::ifstream(RINGSCOPE_GENERATED));
    ASSERT_GE(file["sampling"].size(), 11U);
    for (const nlohmann::json& recorded : file["sampling"]) {
        SCOPED_TRACE(recorded["settings"].dump());
        const auto logits = recorded["logits"].get<std::vector<float>>();
        const auto seen = recorded["seen"].get<std::vector<std::int64_t>>();
        std::vector<double> found(logits.size(), 0);
        double before = 1;
        for (const Candidate& each :
             candidates(logits, {seen, seen.size()}, settingsOf(recorded["settings"]))) {
            EXPECT_LE(each.probability, before) << "the likeliest first";
            before = each.probability;
            found[static_cast<std::size_t>(each.token)] = each.probability;
        }
        const auto wanted = recorded["probabilities"].get<std::vector<double>>();
        for (std::size_t token = 0; token < wanted.size(); ++token)
            EXPECT_NEAR(found[token], wanted[token], 1e-6) << token;
    }
}

TEST(Sampling, TakesTheFirstOfTheLikeliestWithoutATemperature) {
    const std::vector<float> logits{1, 3, 3, -1};
    EXPECT_EQ(nextToken(logits, {}, {}, 0), 1);
    const std::vector<std::int64_t> seen{1, 1};
    EXPECT_EQ(nextToken(logits, {seen, 0}, {.repetitionPenalty = 1.5}, 0), 2);
    EXPECT_EQ(nextToken(logits, {seen, 0}, {.temperature = 1, .topP = 1e-9}, 0), 1);
}

// Tokens that were made count, those of the prompt do not.
TEST(Sampling, TakesOffWhatWasMadeBefore) {
    const std::vector<float> logits{1, 3, 2.5, 2};
    const std::vector<std::int64_t> seen{2, 1, 1, 3};
    const auto next = [&](const SamplingSettings& settings) {
        return nextToken(logits, {seen, 1}, settings, 0);
    };
    EXPECT_EQ(next({.presencePenalty = 0.4}), 1);
    EXPECT_EQ(next({.presencePenalty = 0.6}), 2);
    EXPECT_EQ(next({.frequencyPenalty = 0.2}), 1) << "twice 0.2";
    EXPECT_EQ(next({.frequencyPenalty = 0.3}), 2);
    EXPECT_EQ(next({.frequencyPenalty = -1}), 1);
}

TEST(Sampling, PicksTokensAsOftenAsTheyAreLikely) {
    const std::vector<float> logits{0, std::log(2.0F), std::log(3.0F)};
    constexpr int draws = 6000;
    std::map<std::int64_t, int> often;
    for (int number = 0; number < draws; ++number)
        ++often[nextToken(logits, {}, {.temperature = 1, .seed = 11}, number)];
    // Of 6000 draws, 4.5 standard deviations are 174.
    EXPECT_NEAR(often[0], draws / 6, 174);
    EXPECT_NEAR(often[1], draws / 3, 174);
    EXPECT_NEAR(often[2], draws / 2, 174);
}

TEST(Sampling, DependsOnSeedTextAndPlaceAlone) {
    const std::vector<float> logits(64, 0);
    const auto drawn = [&](std::int64_t seed, int number) {
        std::vector<std::int64_t> tokens;
        for (int i = 0; i < 12; ++i)
            tokens.push_back(
                nextToken(logits, {tokens, 0}, {.temperature = 1, .seed = seed}, number));
        return tokens;
    };
    EXPECT_EQ(drawn(1, 0), drawn(1, 0));
    std::set<std::vector<std::int64_t>> all{drawn(0, 0), drawn(1, 0), drawn(0, 1), drawn(1, 1)};
    EXPECT_EQ(all.size(), 4U);
    EXPECT_GT(std::set(all.begin()->begin(), all.begin()->end()).size(), 6U);
}

TEST(Sampling, FindsTheCandidateAtAPoint) {
    const std::vector<Candidate> from{{7, 0.5}, {3, 0.25}, {9, 0.25}};
    EXPECT_EQ(candidateAt(from, 0), 7);
    EXPECT_EQ(candidateAt(from, 0.5), 3);
    EXPECT_EQ(candidateAt(from, 0.99), 9);
    EXPECT_EQ(candidateAt({{7, 0.3}}, 0.9), 7) << "rounding may leave a rest";
}

}  // namespace
}  // namespace ringscope
