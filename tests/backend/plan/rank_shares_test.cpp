#include "backend/plan/rank_shares.h"

#include "backend/plan/mode_table.h"

#include <gtest/gtest.h>
#include <numeric>

namespace ringscope {
namespace {

RunPlan sharedPlan(const std::string& mode, std::int64_t sp, bool packing = false) {
    RunConfig config;
    config.model.layers = 3;
    config.model.heads = config.model.kvHeads = 4;
    config.train.seqLen = 64;
    config.parallel.mode = mode;
    config.parallel.sp = sp;
    config.data.packing = packing;
    return planRun(config).value();
}

std::vector<bool> everySecond(std::int64_t rows) {
    std::vector<bool> labelled(static_cast<std::size_t>(rows * 64));
    for (std::size_t token = 0; token < labelled.size(); token += 2) labelled[token] = true;
    return labelled;
}

RankShare sumOf(const std::vector<RankShare>& shares) {
    RankShare sum;
    for (const RankShare& share : shares) sum += share;
    return sum;
}

TEST(RankShares, AddUpToTheBatchInEveryMode) {
    const std::vector<std::int64_t> documents = {0, 5, 17, 18, 50, 64};
    std::int64_t pairs = 0;
    for (std::size_t i = 0; i + 1 < documents.size(); ++i) {
        const std::int64_t size = documents[i + 1] - documents[i];
        pairs += size * (size + 1) / 2;
    }
    for (const std::string& mode : modeNames()) {
        for (const std::int64_t sp : {2, 4}) {
            const RankShare sum =
                sumOf(rankShares(sharedPlan(mode, sp, true), everySecond(2), documents));
            EXPECT_EQ(sum.tokens, 128) << mode;
            EXPECT_EQ(sum.labels, 64) << mode;
            EXPECT_EQ(sum.pairs, 2 * 3 * 4 * pairs) << mode;
            const RankShare whole = sumOf(rankShares(sharedPlan(mode, sp), everySecond(1), {}));
            EXPECT_EQ(whole.pairs, 3 * 4 * 64 * 65 / 2) << mode;
        }
    }
}

TEST(RankShares, AreEqualWhereEachDocumentIsSharedOut) {
    RunConfig config;
    config.model.heads = config.model.kvHeads = 4;
    config.train.seqLen = 4096;
    config.parallel.mode = "llama3";
    config.parallel.sp = 4;
    config.data.packing = true;
    const std::vector<std::int64_t> documents = {0, 100, 3900, 4096};
    const std::vector<bool> labelled(4096, true);
    const auto unevenness = [&](ShardChoice layout) {
        config.parallel.layout = layout;
        return imbalance(rankShares(planRun(config).value(), labelled, documents));
    };
    EXPECT_LT(unevenness(ShardChoice::Documents), 1.01);
    EXPECT_GT(unevenness(ShardChoice::Zigzag), 1.02);
    EXPECT_GT(unevenness(ShardChoice::Auto), 1.5);
    for (const RankShare& share : rankShares(planRun(config).value(), labelled, documents))
        EXPECT_EQ(share.tokens, 1024);
}

TEST(RankShares, SayHowUnequalRanksAre) {
    EXPECT_DOUBLE_EQ(imbalance(rankShares(sharedPlan("zigzag", 2), everySecond(1), {})), 1);
    EXPECT_GT(imbalance(rankShares(sharedPlan("ring", 2), everySecond(1), {})), 1.4);
    // Documents that end where the shards do make a ring balanced, and zigzag not.
    const std::vector<std::int64_t> documents = {0, 16, 32, 64};
    EXPECT_GT(imbalance(rankShares(sharedPlan("zigzag", 4, true), everySecond(1), documents)),
              1.05);
    EXPECT_DOUBLE_EQ(imbalance({}), 1);
}

}  // namespace
}  // namespace ringscope
