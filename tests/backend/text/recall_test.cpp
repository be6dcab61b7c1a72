#include "backend/text/recall.h"

#include "backend/text/sequences.h"

#include <gmock/gmock.h>
#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace ringscope {
namespace {

using ::testing::ElementsAre;

RunConfig recallRun(std::int64_t tokens) {
    RunConfig config;
    config.data.source = "builtin:recall";
    config.data.validation = 0.1;
    config.train.seqLen = tokens;
    config.train.batch = 2;
    return config;
}

Sequences sequencesOf(const RunConfig& config) {
    return Sequences::make(TokenText::open(config).value(), config).value();
}

std::vector<std::size_t> answersOf(const RecallSequence& made) {
    std::vector<std::size_t> places;
    for (std::size_t token = 0; token < made.answers.size(); ++token)
        if (made.answers[token]) places.push_back(token);
    return places;
}

TEST(Recall, SaysTheValueOfEachKeyOnceAndAsksForItLater) {
    for (const std::int64_t tokens : {64, 100, 512, 4096})
        for (std::int64_t number = 0; number < 20; ++number) {
            const RecallSequence made = recallSequence(3, number, tokens);
            ASSERT_EQ(std::ssize(made.tokens), tokens);
            std::map<std::int64_t, std::int64_t> keys;     // times
            std::map<std::int64_t, std::int64_t> sayings;  // of each key
            for (const std::int64_t token : made.tokens) {
                if (token >= 'A' && token <= 'P') ++keys[token];
                if (token >= 128) ++sayings['A' + (token - 128) / 8];
            }
            EXPECT_EQ(keys, sayings);
            const std::vector<std::size_t> answers = answersOf(made);
            EXPECT_EQ(answers.size(), keys.size());
            EXPECT_GE(keys.size(), tokens == 64 ? 7U : 13U);
            for (const std::size_t answer : answers) {
                const std::int64_t key = made.tokens[answer - 1];
                EXPECT_EQ(keys[key], 1) << static_cast<char>(key);
                const std::int64_t distance =
                    recalledDistance(made.tokens, static_cast<std::int64_t>(answer) - 1);
                ASSERT_GE(distance, 1);
                const std::int64_t saying =
                    made.tokens[answer - 1 - static_cast<std::size_t>(distance)];
                EXPECT_EQ(saying, 128 + 8 * (key - 'A') + made.tokens[answer] - '0');
            }
        }
}

TEST(Recall, SpreadsDistancesOverRangesThatDouble) {
    EXPECT_THAT(recallRanges(64), ElementsAre(16, 32, 64));
    EXPECT_THAT(recallRanges(100), ElementsAre(16, 32, 64, 100));
    const std::vector<std::int64_t> ends = recallRanges(512);
    std::map<std::int64_t, std::int64_t> found;
    std::int64_t all = 0;
    for (std::int64_t number = 0; number < 400; ++number) {
        const RecallSequence made = recallSequence(0, number, 512);
        for (const std::size_t answer : answersOf(made)) {
            ++found[*std::ranges::lower_bound(
                ends, recalledDistance(made.tokens, static_cast<std::int64_t>(answer) - 1))];
            ++all;
        }
    }
    for (const std::int64_t end : ends) {
        EXPECT_GT(found[end] * std::ssize(ends), all * 8 / 10) << end;
        EXPECT_LT(found[end] * std::ssize(ends), all * 13 / 10) << end;
    }
}

TEST(Recall, DependsOnSeedAndNumberAlone) {
    const auto tokens = [](std::int64_t seed, std::int64_t number) {
        return recallSequence(seed, number, 256).tokens;
    };
    EXPECT_EQ(tokens(1, 5), tokens(1, 5));
    EXPECT_NE(tokens(1, 5), tokens(2, 5));
    EXPECT_NE(tokens(1, 5), tokens(1, 6));
}

TEST(Recall, LabelsAnswersAlone) {
    const Sequences sequences = sequencesOf(recallRun(128));
    for (const TokenSequence& row :
         {sequences.at(0, 0, 0), sequences.at(0, 0, 1), sequences.validationAt(0)}) {
        ASSERT_EQ(row.inputs.size(), 128U);
        EXPECT_TRUE(row.documents.empty());
        EXPECT_EQ(row.padding, 0);
        std::int64_t labelled = 0;
        for (std::size_t token = 0; token < row.labels.size(); ++token) {
            if (row.labels[token] == ignoredLabel) continue;
            ++labelled;
            EXPECT_TRUE(row.labels[token] >= '0' && row.labels[token] <= '7');
            EXPECT_EQ(row.labels[token], row.inputs[token + 1]);
            EXPECT_GT(recalledDistance(row.inputs, static_cast<std::int64_t>(token)), 0);
        }
        EXPECT_GT(labelled, 8);
    }
}

TEST(Recall, KeepsSequencesOutOfTraining) {
    const RunConfig config = recallRun(2048);
    const Sequences sequences = sequencesOf(config);
    EXPECT_EQ(sequences.validationSequences(), 410);  // a tenth of 4,096, rounded
    EXPECT_EQ(sequences.trainedDocuments() + sequences.validationDocuments(),
              recallSequences(2048));
    const std::vector<std::int64_t> kept = sequences.validationAt(0).inputs;
    for (std::int64_t step = 0; step < 100; ++step)
        for (std::int64_t row = 0; row < 2; ++row)
            EXPECT_NE(sequences.at(step, 0, row).inputs, kept);
}

TEST(Recall, AnotherSeedHasOtherSequences) {
    RunConfig config = recallRun(128);
    const std::string hash = sequencesOf(config).text().facts().hash;
    EXPECT_EQ(sequencesOf(config).text().facts().hash, hash);
    config.train.seed = 1;
    EXPECT_NE(sequencesOf(config).text().facts().hash, hash);
}

}  // namespace
}  // namespace ringscope
