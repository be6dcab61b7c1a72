#include "tests/support/covering.h"

#include <gmock/gmock.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace ringscope::test {
namespace {

std::set<std::string> pairsIn(const std::vector<AxisValues>& combinations) {
    std::set<std::string> pairs;
    for (const AxisValues& each : combinations)
        for (std::size_t a = 0; a < each.size(); ++a)
            for (std::size_t b = a; b < each.size(); ++b)
                pairs.insert(std::to_string(a) + each[a] + ", " + std::to_string(b) + each[b]);
    return pairs;
}

// 8 masks x 5 types x 4 ranks x 2 directions without those of the last mask and type.
std::vector<AxisValues> product() {
    std::vector<AxisValues> all;
    for (int mask = 0; mask < 8; ++mask)
        for (int type = 0; type < 5; ++type)
            for (int ranks = 0; ranks < 4; ++ranks)
                for (int causal = 0; causal < 2; ++causal)
                    if (mask != 7 || type != 4)
                        all.push_back({std::to_string(mask), std::to_string(type),
                                       std::to_string(ranks), std::to_string(causal)});
    return all;
}

class Covering : public ::testing::Test {
protected:
    void SetUp() override { unsetenv("RINGSCOPE_ALL_COMBINATIONS"); }
    void TearDown() override { unsetenv("RINGSCOPE_ALL_COMBINATIONS"); }
    const std::vector<AxisValues> all = product();
};

TEST_F(Covering, HasEveryPairOfValuesThatIsInAllCombinations) {
    const auto chosen = coveringPairs(all, [](const AxisValues& each) { return each; });
    EXPECT_EQ(pairsIn(chosen), pairsIn(all));
    EXPECT_GE(chosen.size(), 39U) << "each pair of mask and type";
    EXPECT_LE(chosen.size(), 48U) << "of " << all.size();
    EXPECT_EQ(chosen, coveringPairs(all, [](const AxisValues& each) { return each; }));
}

TEST_F(Covering, HasEveryValueOfASingleAxisOnce) {
    const auto chosen =
        coveringPairs(all, [](const AxisValues& each) { return AxisValues{each[0]}; });
    EXPECT_EQ(chosen.size(), 8U);
}

TEST_F(Covering, IsEverythingWhereTheVariableSaysSo) {
    setenv("RINGSCOPE_ALL_COMBINATIONS", "1", 1);
    EXPECT_EQ(coveringPairs(all, [](const AxisValues& each) { return each; }), all);
    EXPECT_EQ(inTurn(std::vector{2, 4}, "some", 0), (std::vector{2, 4}));
}

TEST_F(Covering, TakesValuesInTurn) {
    const std::vector<int> ranks{2, 4};
    EXPECT_EQ(inTurn(ranks, "even", 0), (std::vector{2}));
    EXPECT_EQ(inTurn(ranks, "even", 1), (std::vector{4}));
    EXPECT_EQ(inTurn(ranks, "odd", 0), (std::vector{4}));
    EXPECT_TRUE(inTurn(std::vector<int>{}, "none", 0).empty());
}

}  // namespace
}  // namespace ringscope::test
