// What tests of one block of attention share: blocks of random numbers, and results held against
// those of another kernel.
#pragma once

#include "kernels/block/block_attention.h"
#include "tests/kernels/attention/reference.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace ringscope::testing {

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

}  // namespace ringscope::testing
