#include "kernels/data/token_batch.h"

#include "backend/plan/mode_table.h"

#include <gtest/gtest.h>
#include <algorithm>
#include <map>
#include <set>

namespace ringscope {
namespace {

Sequences prose(const TrainConfig& train, bool packing = false) {
    RunConfig config;
    config.data.packing = packing;
    config.train = train;
    return Sequences::make(TokenText::open(config).value(), config).value();
}

TokenBatch batchOf(const TrainConfig& train, std::int64_t step = 0, std::int64_t number = 0,
                   bool packing = false) {
    return makeBatch(prose(train, packing), train, step, number);
}

Schedule scheduleOf(const char* mode, int ranks, std::int64_t tokens) {
    return findMode(mode)
        ->schedule({.ranks = ranks, .tokens = tokens, .heads = 4, .kvHeads = 4})
        .value();
}

TEST(SampleStart, IsTheSameForTheSamePlaceAndAnotherForAnyOther) {
    std::set<std::int64_t> starts;
    const SamplePlace base{.seed = 7, .step = 3, .batch = 1, .row = 2};
    std::vector<SamplePlace> places(5, base);
    places[1].seed = 8;
    places[2].step = 4;
    places[3].batch = 2;
    places[4].row = 3;
    for (const SamplePlace& place : places) starts.insert(sampleStart(place, 1'000'000'007));
    EXPECT_EQ(starts.size(), places.size());
    EXPECT_EQ(sampleStart(base, 1'000'000'007), sampleStart(base, 1'000'000'007));
}

TEST(SampleStart, SpreadsSamplesOverTheWholeText) {
    std::map<std::int64_t, int> tenths;
    for (std::int64_t step = 0; step < 10'000; ++step)
        ++tenths[sampleStart({.seed = 0, .step = step}, 1000) / 100];
    ASSERT_EQ(tenths.size(), 10U);
    for (const auto& [tenth, count] : tenths) EXPECT_NEAR(count, 1000, 150) << "tenth " << tenth;
}

TEST(TokenBatch, LabelsEveryTokenWithTheNextOneOfTheText) {
    const TrainConfig train{.seqLen = 50, .batch = 3, .seed = 5};
    const TokenText text = prose(train).text();
    const TokenBatch batch = batchOf(train, 4, 1);
    ASSERT_EQ(batch.inputs.size(), 150U);
    for (std::int64_t row = 0; row < 3; ++row) {
        const std::int64_t start =
            sampleStart({.seed = 5, .step = 4, .batch = 1, .row = row}, text.size());
        for (std::int64_t token = 0; token < 50; ++token) {
            const auto at = static_cast<std::size_t>(row * 50 + token);
            EXPECT_EQ(batch.inputs[at], text.at(start + token));
            EXPECT_EQ(batch.labels[at], text.at(start + token + 1));
        }
    }
    EXPECT_EQ(labelledTokens(batch.labels), 150);
}

TEST(TokenShard, HasPaddingAtTheEndOfItsRows) {
    const TokenBatch batch = batchOf({.seqLen = 6, .batch = 2});
    // 8 tokens: of rank 0 [0, 2) and [6, 8), which is padding
    const TokenShard shard = takeShard(batch, scheduleOf("zigzag", 2, 8), 0);
    EXPECT_EQ(shard.tokens, 4);
    EXPECT_EQ(shard.padding, 2);
    EXPECT_EQ(shard.positions, (std::vector<std::int64_t>{0, 1, 0, 0}));
    for (std::size_t row = 0; row < 2; ++row) {
        for (std::size_t token = 0; token < 2; ++token) {
            EXPECT_EQ(shard.inputs[4 * row + token], batch.inputs[6 * row + token]);
            EXPECT_EQ(shard.labels[4 * row + token], batch.labels[6 * row + token]);
            EXPECT_EQ(shard.inputs[4 * row + 2 + token], 0);
            EXPECT_EQ(shard.labels[4 * row + 2 + token], ignoredLabel);
        }
    }
}

TEST(TokenShard, OfAReplicatedModelHasAllPadding) {
    const TokenBatch batch = batchOf({.seqLen = 7});
    const TokenShard shard = takeShard(batch, scheduleOf("legacy", 4, 8), 0);
    EXPECT_EQ(shard.tokens, 8);
    EXPECT_EQ(shard.padding, 1);
    EXPECT_EQ(shard.inputs.size(), 8U);
    EXPECT_EQ(labelledTokens(shard.labels), 2);
}

TEST(TokenBatch, PacksParagraphsAsDocumentsWhoseLastTokensHaveNoLabel) {
    const TrainConfig train{.seqLen = 2000, .batch = 1, .seed = 2};
    const TokenBatch plain = batchOf(train);
    const TokenBatch packed = batchOf(train, 0, 0, true);
    EXPECT_TRUE(plain.documents.empty());
    EXPECT_EQ(packed.inputs, plain.inputs);
    ASSERT_GT(packed.documents.size(), 3U);
    EXPECT_EQ(packed.documents.front(), 0);
    EXPECT_EQ(packed.documents.back(), 2000);
    for (std::size_t i = 1; i + 1 < packed.documents.size(); ++i) {
        const auto begin = static_cast<std::size_t>(packed.documents[i]);
        EXPECT_EQ(packed.inputs[begin - 1], '\n');
        EXPECT_EQ(packed.inputs[begin - 2], '\n');
        EXPECT_NE(packed.inputs[begin], '\n');
        EXPECT_EQ(packed.labels[begin - 1], ignoredLabel);
        EXPECT_EQ(packed.labels[begin], plain.labels[begin]);
    }
    const auto without = static_cast<std::int64_t>(packed.documents.size()) - 2;
    EXPECT_NEAR(static_cast<double>(labelledTokens(packed.labels)),
                static_cast<double>(2000 - without), 1);
}

TEST(TokenBatch, CutsDocumentsOfAllRowsAlike) {
    const TrainConfig one{.seqLen = 1500, .batch = 1, .seed = 2};
    const TrainConfig two{.seqLen = 1500, .batch = 2, .seed = 2};
    const TokenBatch first = batchOf(one, 0, 0, true);
    const TokenBatch both = batchOf(two, 0, 0, true);
    EXPECT_TRUE(std::ranges::includes(both.documents, first.documents));
    EXPECT_GT(both.documents.size(), first.documents.size());
    for (std::size_t i = 1; i + 1 < both.documents.size(); ++i)
        for (std::int64_t row : {0, 1})
            EXPECT_EQ(both.labels[static_cast<std::size_t>(row * 1500 + both.documents[i] - 1)],
                      ignoredLabel);
}

TEST(TokenShard, CountsPositionsFromTheDocumentsBegin) {
    TokenBatch batch{1, 8, {10, 11, 12, 13, 14, 15, 16, 17}, {1, 2, 3, 4, 5, 6, 7, 8}, {0, 3, 8}};
    const Schedule schedule = scheduleOf("zigzag", 2, 8);
    EXPECT_EQ(takeShard(batch, schedule, 0).positions, (std::vector<std::int64_t>{0, 1, 3, 4}));
    EXPECT_EQ(takeShard(batch, schedule, 1).positions, (std::vector<std::int64_t>{2, 0, 1, 2}));
    EXPECT_EQ(takeShard(batch, schedule, 1).inputs, (std::vector<std::int64_t>{12, 13, 14, 15}));
}

TEST(TokenBatch, MayBeLongerThanTheText) {
    const TokenText text = prose({}).text();
    const TokenBatch batch = batchOf({.seqLen = text.size() + 10, .batch = 1});
    EXPECT_EQ(batch.inputs.front(), batch.inputs[static_cast<std::size_t>(text.size())]);
}

TEST(TokenShard, TogetherHoldEveryTokenAndLabelOnce) {
    const TokenBatch batch = batchOf({.seqLen = 64, .batch = 2});
    for (const char* mode : {"ring", "zigzag", "ulysses"}) {
        const Schedule schedule = scheduleOf(mode, 4, 64);
        std::vector<std::int64_t> inputs(128, -1);
        std::vector<std::int64_t> labels(128, -1);
        for (int rank = 0; rank < 4; ++rank) {
            const TokenShard shard = takeShard(batch, schedule, rank);
            ASSERT_EQ(shard.tokens, 16) << mode;
            for (std::size_t row = 0; row < 2; ++row)
                for (std::size_t token = 0; token < 16; ++token) {
                    const std::size_t at =
                        row * 64 + static_cast<std::size_t>(shard.positions[token]);
                    EXPECT_EQ(inputs[at], -1) << mode << " holds a token twice";
                    inputs[at] = shard.inputs[row * 16 + token];
                    labels[at] = shard.labels[row * 16 + token];
                }
        }
        EXPECT_EQ(inputs, batch.inputs) << mode;
        EXPECT_EQ(labels, batch.labels) << mode;
    }
}

TEST(TokenShard, HoldsEverythingButOnlyItsOwnLabelsWhereActivationsAreReplicated) {
    const TokenBatch batch = batchOf({.seqLen = 12, .batch = 2});
    const TokenShard shard = takeShard(batch, scheduleOf("legacy", 3, 12), 1);
    EXPECT_EQ(shard.inputs, batch.inputs);
    for (std::size_t at = 0; at < shard.labels.size(); ++at) {
        const bool own = at % 12 >= 4 && at % 12 < 8;
        EXPECT_EQ(shard.labels[at], own ? batch.labels[at] : ignoredLabel) << "token " << at;
    }
}

TEST(TokenShard, KeepsZigzagTokensAtTheirPlaceInTheSequence) {
    const TokenBatch batch = batchOf({.seqLen = 16, .batch = 1});
    const TokenShard shard = takeShard(batch, scheduleOf("zigzag", 2, 16), 0);
    EXPECT_EQ(shard.positions, (std::vector<std::int64_t>{0, 1, 2, 3, 12, 13, 14, 15}));
}

}  // namespace
}  // namespace ringscope
