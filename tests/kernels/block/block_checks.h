// What tests of one block of attention share: blocks of random numbers, and results held against
// those of another kernel.
#pragma once

#include "kernels/block/block_attention.h"
#include "tests/kernels/attention/reference.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace ringscope::test {

struct BlockSize {
    std::int64_t queries;
    std::int64_t keys;
    std::int64_t heads = 4;
    std::int64_t kvHeads = 2;
    std::int64_t headDim = 16;
};

inline BlockInput randomBlock(const BlockSize& size, at::ScalarType type) {
    return {.q = at::randn({2, size.queries, size.heads, size.headDim}).to(type),
            .k = at::randn({2, size.keys, size.kvHeads, size.headDim}).to(type),
            .v = at::randn({2, size.keys, size.kvHeads, size.headDim}).to(type)};
}

// Where a row sees nothing, -inf, which the reference says as -1e30.
inline void expectSameLse(const at::Tensor& lse, const at::Tensor& expected, double limit,
                          const std::string& what) {
    EXPECT_TRUE(at::equal(at::isneginf(lse), expected.le(-1e29))) << what;
    const at::Tensor seen = at::isfinite(lse);
    EXPECT_LT(distance(at::where(seen, lse, 0), at::where(seen, expected, 0)), limit) << what;
}

inline void expectSameGradients(const BlockGradients& gradients, const BlockGradients& expected,
                                double limit, const std::string& what) {
    EXPECT_LT(distance(gradients.q, expected.q), limit) << what;
    EXPECT_LT(distance(gradients.k, expected.k), limit) << what;
    EXPECT_LT(distance(gradients.v, expected.v), limit) << what;
}

// The output and gradients of `block` for dOut against the reference's.
inline void expectLikeReference(const BlockInput& block, const at::Tensor& dOut,
                                const BlockOutput& output, const BlockGradients& gradients,
                                double limit, const std::string& what) {
    const BlockOutput expected = referenceForward(block);
    EXPECT_LT(distance(output.out, expected.out), limit) << what;
    expectSameLse(output.lse, expected.lse, limit, what);
    expectSameGradients(gradients, referenceBackward(block, dOut), limit, what);
}

// Windows and documents for some more than 2 * `middle` rows: windows of a row and of many, also to
// both sides; documents of one row, of few and of many, that begin near the middle.
inline std::vector<AttentionMask> masksAround(std::int64_t middle) {
    const std::vector<std::int64_t> documents = {0,          1,          middle, middle + 1,
                                                 middle + 3, 2 * middle, 5000};
    return {{.causal = true},
            {.causal = true, .left = 0},
            {.causal = true, .left = 40},
            {.causal = false, .left = 3, .right = 2 * middle + 10},
            {.causal = true, .documents = documents},
            {.causal = false, .left = 60, .documents = documents}};
}

// Every rule by itself, and all together.
inline std::vector<ScoreRules> scoreRuleCases() {
    return {{.scale = 0.7},
            {.softcap = 1.5},
            {.softcap = 40.0},
            {.alibiHeads = 4},
            {.alibiHeads = 12, .firstHead = 7},
            {.dropout = 0.3, .dropoutSeed = 9},
            {.scale = 0.4, .softcap = 2.0, .alibiHeads = 4, .dropout = 0.1, .dropoutSeed = 1}};
}

}  // namespace ringscope::test
