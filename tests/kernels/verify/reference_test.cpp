// The fp64 reference against a formula written in another way, whole and by autograd.
#include "kernels/verify/reference.h"

#include "kernels/block/score_rules.h"
#include "tests/kernels/attention/reference.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace ringscope {

void PrintTo(const AttentionCase& problem, std::ostream* out) { *out << toJson(problem); }

namespace {

using test::distance;

constexpr double infinity = std::numeric_limits<double>::infinity();

// Whether query i sees key j, as a sentence says it.
bool sees(const AttentionCase& problem, std::int64_t i, std::int64_t j) {
    const std::vector<std::int64_t> documents = documentOfToken(problem);
    if (documents[static_cast<std::size_t>(i)] != documents[static_cast<std::size_t>(j)])
        return false;
    if (problem.causal && j > i) return false;
    if (!problem.window) return true;
    const bool left = problem.window->left == unlimited || j >= i - problem.window->left;
    const bool right = problem.window->right == unlimited || j <= i + problem.window->right;
    return left && right;
}

// (B, H, S, S), element by element.
at::Tensor keptShare(const AttentionCase& problem) {
    const std::uint64_t seed = dropoutSeedOfLayer(static_cast<std::uint64_t>(problem.seed), 0);
    at::Tensor kept =
        at::empty({problem.batch, problem.heads, problem.tokens, problem.tokens}, at::kDouble);
    auto cell = kept.accessor<double, 4>();
    for (std::int64_t b = 0; b < problem.batch; ++b)
        for (std::int64_t h = 0; h < problem.heads; ++h)
            for (std::int64_t i = 0; i < problem.tokens; ++i)
                for (std::int64_t j = 0; j < problem.tokens; ++j) {
                    const std::uint32_t bits =
                        dropoutBits(dropoutRow(seed, b, h, i), static_cast<std::uint32_t>(j));
                    const double share = static_cast<double>(bits) / 4294967296.0;
                    cell[b][h][i][j] = share < problem.dropout ? 0.0 : 1 / (1 - problem.dropout);
                }
    return kept;
}

struct Plain {
    at::Tensor out, lse, dq, dk, dv;
};

// All of S x S at once, element by element where it matters, gradients by autograd.
Plain plainAttention(const AttentionCase& problem, const CaseInputs& inputs) {
    const auto leaf = [](const at::Tensor& tensor) {
        return tensor.to(at::kDouble).clone().requires_grad_();
    };
    const at::Tensor q = leaf(inputs.q), k = leaf(inputs.k), v = leaf(inputs.v);
    const std::int64_t group = problem.heads / problem.kvHeads;
    const at::Tensor keys = k.repeat_interleave(group, 2), values = v.repeat_interleave(group, 2);
    at::Tensor scores = at::einsum("bihd,bjhd->bhij", {q, keys}) * problem.scoreScale();
    if (problem.softcap) scores = at::tanh(scores / *problem.softcap) * *problem.softcap;
    at::Tensor added = at::zeros({problem.heads, problem.tokens, problem.tokens}, at::kDouble);
    auto bias = added.accessor<double, 3>();
    const at::Tensor slopes = alibiSlopes(problem.heads);
    for (std::int64_t h = 0; h < problem.heads; ++h)
        for (std::int64_t i = 0; i < problem.tokens; ++i)
            for (std::int64_t j = 0; j < problem.tokens; ++j) {
                if (problem.alibi)
                    bias[h][i][j] =
                        -slopes[h].item<double>() * static_cast<double>(std::abs(i - j));
                if (!sees(problem, i, j)) bias[h][i][j] = -infinity;
            }
    scores = scores + added;
    at::Tensor weights = at::softmax(scores, -1);
    if (problem.dropout > 0) weights = weights * keptShare(problem);
    const at::Tensor out = at::einsum("bhij,bjhd->bihd", {weights, values});
    (out * inputs.dOut.to(at::kDouble)).sum().backward();
    return {out.detach(), at::logsumexp(scores, -1).transpose(1, 2).detach(), q.grad(), k.grad(),
            v.grad()};
}

class Reference : public ::testing::TestWithParam<AttentionCase> {};

TEST_P(Reference, IsAttentionForwardAndBackward) {
    const AttentionCase problem = GetParam();
    const CaseInputs inputs = makeInputs(problem, allTokens(problem));
    const CaseResults results =
        referenceAttention(problem, PatternMask::make(problem).value(), inputs);
    const Plain expected = plainAttention(problem, inputs);
    EXPECT_LT(distance(results.out, expected.out), 1e-12);
    EXPECT_LT(distance(results.lse, expected.lse), 1e-12);
    EXPECT_LT(distance(results.dq, expected.dq), 1e-12);
    EXPECT_LT(distance(results.dk, expected.dk), 1e-12);
    EXPECT_LT(distance(results.dv, expected.dv), 1e-12);
}

AttentionCase small(std::int64_t heads, std::int64_t kvHeads) {
    return {.batch = 2, .tokens = 37, .heads = heads, .kvHeads = kvHeads, .headDim = 8};
}

std::vector<AttentionCase> problems() {
    std::vector<AttentionCase> all = {small(3, 3), small(4, 2), small(6, 1)};
    for (const AttentionCase& each : std::vector(all)) {
        AttentionCase problem = each;
        problem.causal = false;
        all.push_back(problem);
        problem.window = AttentionWindow{5, 2};
        all.push_back(problem);
        problem.window = AttentionWindow{unlimited, 3};
        problem.scale = 0.7;
        all.push_back(problem);
        problem = each;
        problem.documents = {0, 1, 3, 20, 37};
        all.push_back(problem);
        problem.window = AttentionWindow{4, 0};
        problem.softcap = 2.0;
        all.push_back(problem);
        problem.alibi = true;
        all.push_back(problem);
        problem.dropout = 0.3;
        problem.seed = 4;
        all.push_back(problem);
    }
    all.push_back({.tokens = 1'100, .heads = 1, .kvHeads = 1, .headDim = 4});  // several tiles
    all.push_back({.tokens = 1'100,
                   .heads = 1,
                   .kvHeads = 1,
                   .headDim = 4,
                   .causal = false,
                   .window = AttentionWindow{100, 30},
                   .documents = {0, 400, 401, 1'100}});
    return all;
}

INSTANTIATE_TEST_SUITE_P(Problems, Reference, ::testing::ValuesIn(problems()));

TEST(Reference, ReportsProgressUpToTheEnd) {
    const AttentionCase problem = small(4, 2);
    double last = 0;
    referenceAttention(problem, PatternMask::make(problem).value(),
                       makeInputs(problem, allTokens(problem)), [&](double share) {
                           EXPECT_GT(share, last);
                           last = share;
                       });
    EXPECT_EQ(last, 1);
}

TEST(Reference, WeightsOfAKeyAreItsColumnOfTheSoftmax) {
    AttentionCase problem = small(4, 2);
    problem.alibi = true;
    problem.softcap = 3.0;
    problem.documents = {0, 20, 37};
    problem.dropout = 0.4;
    CaseInputs inputs = makeInputs(problem, allTokens(problem));
    const CaseResults before =
        referenceAttention(problem, PatternMask::make(problem).value(), inputs);
    const at::Tensor weights =
        weightsOfKey(problem, PatternMask::make(problem).value(), inputs, before, 11);
    disturb(inputs, allTokens(problem), {.token = 11, .amount = 1});
    const at::Tensor moved =
        (referenceAttention(problem, PatternMask::make(problem).value(), inputs).out - before.out)
            .select(0, 0);
    // A value that grows by one moves each output by its weight.
    EXPECT_LT(distance(moved.select(2, 0), weights), 1e-6);
}

TEST(AlibiSlopes, AreThoseOfThePaper) {
    const auto listed = [](std::int64_t heads) {
        const at::Tensor slopes = alibiSlopes(heads);
        return std::vector<double>(slopes.const_data_ptr<double>(),
                                   slopes.const_data_ptr<double>() + heads);
    };
    EXPECT_EQ(listed(8), (std::vector<double>{1. / 2, 1. / 4, 1. / 8, 1. / 16, 1. / 32, 1. / 64,
                                              1. / 128, 1. / 256}));
    const std::vector<double> three = listed(3);
    EXPECT_DOUBLE_EQ(three[0], 1. / 16);
    EXPECT_DOUBLE_EQ(three[1], 1. / 256);
    EXPECT_DOUBLE_EQ(three[2], 1. / 4);
}

TEST(CaseInputs, AreTheSameHoweverTheyAreCut) {
    const AttentionCase problem{.batch = 2, .tokens = 24, .heads = 3, .kvHeads = 1, .headDim = 5};
    const CaseInputs whole = makeInputs(problem, allTokens(problem));
    const CaseInputs part = makeInputs(problem, {{3, 7}, {20, 24}});
    EXPECT_TRUE(part.k.equal(at::cat({whole.k.narrow(1, 3, 4), whole.k.narrow(1, 20, 4)}, 1)));
    EXPECT_FALSE(whole.k.equal(whole.v));
    AttentionCase other = problem;
    other.seed = 1;
    EXPECT_FALSE(makeInputs(other, allTokens(other)).q.equal(whole.q));
}

TEST(CaseInputs, AreAboutNormallyDistributed) {
    const AttentionCase problem{.tokens = 4096, .heads = 4, .kvHeads = 4, .headDim = 16};
    const at::Tensor q = makeInputs(problem, allTokens(problem)).q.to(at::kDouble);
    EXPECT_NEAR(q.mean().item<double>(), 0, 0.01);
    EXPECT_NEAR(q.var().item<double>(), 1, 0.01);
    EXPECT_LT(q.abs().max().item<double>(), 3.5);
}

}  // namespace
}  // namespace ringscope
