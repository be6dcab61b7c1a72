// Single queries over pieces of a cache: what the kernel for blocks makes of the same keys.
#include "kernels/block/cpu/row_attention.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace ringscope {
namespace {

struct Case {
    std::int64_t heads;
    std::int64_t kvHeads;
    std::int64_t columns;
    ScoreRules rules;
};

const std::vector<Case>& cases() {
    static const std::vector<Case> all = {
        {4, 4, 32, {}},
        {6, 2, 40, {}},
        {8, 1, 24, {.scale = 0.4}},
        {4, 2, 17, {.softcap = 3.0}},
        {6, 3, 64, {.alibiHeads = 6}},
        {2, 2, 128, {.softcap = 2.0, .alibiHeads = 2}},
    };
    return all;
}

at::Tensor numbers(at::IntArrayRef sizes, at::ScalarType type) {
    return at::randn(sizes, at::kDouble).to(type);
}

// Queries of different lengths; their keys lie anywhere in 600 slots.
const std::vector<RowQuery>& someQueries() {
    static const std::vector<RowQuery> all = {
        {.token = 0, .pieces = {{550, 1, {0, 1}}}},
        {.token = 199, .pieces = {{100, 130, {0, 1}}, {10, 70, {130, 1}}}},
        {.token = 40, .pieces = {{300, 5, {1, 2}}, {20, 16, {25, 1}}}},
        {.token = 299, .pieces = {{256, 300, {0, 1}}}},
    };
    return all;
}

// By blockForward(), of one query.
BlockOutput inABlock(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                     const RowQuery& query, const ScoreRules& rules) {
    at::Tensor out = at::zeros(q.sizes(), at::kDouble);
    at::Tensor lse = at::full({q.size(0)}, -INFINITY, at::kDouble);
    for (const KeyPiece& piece : query.pieces) {
        const auto rows = [&](const at::Tensor& tensor) {
            return tensor.narrow(0, piece.slot, piece.rows).unsqueeze(0).to(at::kDouble);
        };
        const BlockOutput part =
            blockForward({.q = q.view({1, 1, q.size(0), q.size(1)}).to(at::kDouble),
                          .k = rows(k),
                          .v = rows(v),
                          .rules = rules,
                          .queryTokens = {query.token, 1},
                          .keyTokens = piece.tokens});
        const at::Tensor both = at::logaddexp(lse, part.lse[0][0]);
        out = out * (lse - both).exp().unsqueeze(1) +
              part.out[0][0] * (part.lse[0][0] - both).exp().unsqueeze(1);
        lse = both;
    }
    return {out, lse};
}

double farthest(const at::Tensor& a, const at::Tensor& b) {
    return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

class RowAttention : public ::testing::TestWithParam<at::ScalarType> {};

TEST_P(RowAttention, IsThatOfABlock) {
    at::manual_seed(5);
    const double bound = GetParam() == at::kDouble ? 1e-12 : 2e-6;  // sums of two bytes are fp32
    for (const Case& of : cases()) {
        const std::int64_t count = std::ssize(someQueries());
        const at::Tensor q = numbers({count, of.heads, of.columns}, GetParam());
        const at::Tensor k = numbers({600, of.kvHeads, of.columns}, GetParam());
        const at::Tensor v = numbers({600, of.kvHeads, of.columns}, GetParam());
        const BlockOutput rows = rowAttention(q, k, v, someQueries(), of.rules);
        for (std::int64_t i = 0; i < count; ++i) {
            const BlockOutput wanted =
                inABlock(q[i], k, v, someQueries()[static_cast<std::size_t>(i)], of.rules);
            EXPECT_LE(farthest(rows.out[i], wanted.out), bound) << of.columns << ' ' << i;
            EXPECT_LE(farthest(rows.lse[i], wanted.lse), 4 * bound) << of.columns << ' ' << i;
        }
    }
}

TEST_P(RowAttention, DoesNotDependOnTheOtherQueries) {
    at::manual_seed(6);
    const at::Tensor q = numbers({4, 6, 40}, GetParam());
    const at::Tensor k = numbers({600, 2, 40}, GetParam());
    const at::Tensor v = numbers({600, 2, 40}, GetParam());
    const BlockOutput all = rowAttention(q, k, v, someQueries(), {});
    for (std::int64_t i = 0; i < 4; ++i) {
        const BlockOutput one =
            rowAttention(q.narrow(0, i, 1), k, v, {someQueries()[static_cast<std::size_t>(i)]}, {});
        EXPECT_TRUE(at::equal(one.out[0], all.out[i])) << i;
        EXPECT_TRUE(at::equal(one.lse[0], all.lse[i])) << i;
    }
}

INSTANTIATE_TEST_SUITE_P(Of, RowAttention,
                         ::testing::Values(at::kDouble, at::kFloat, at::kBFloat16, at::kHalf));

TEST(RowAttention, OfNoKeysIsNothing) {
    const at::Tensor q = at::ones({2, 2, 16});
    const at::Tensor k = at::ones({8, 2, 16});
    const BlockOutput rows =
        rowAttention(q, k, k, {{.token = 3}, {.token = 0, .pieces = {{2, 3, {}}}}}, {});
    EXPECT_EQ(rows.out[0].abs().max().item<float>(), 0);
    EXPECT_EQ(rows.lse[0].max().item<float>(), -INFINITY);
    EXPECT_EQ(rows.out[1].min().item<float>(), 1);
}

}  // namespace
}  // namespace ringscope
