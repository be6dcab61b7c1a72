#include "kernels/block/merge.h"

#include "tests/kernels/attention/reference.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <limits>

namespace ringscope {
namespace {

using test::distance;

constexpr double infinity = std::numeric_limits<double>::infinity();

struct Rows {
    at::Tensor out;
    at::Tensor lse;
};

Rows randomRows(std::int64_t tokens, at::ScalarType type, double lse = 0) {
    return {at::randn({2, tokens, 3, 8}, type), at::randn({2, tokens, 3}, type) + lse};
}

// exp(lse) weighted mean in fp64, shifted so that it cannot overflow.
Rows referenceMerge(const Rows& a, const Rows& b) {
    const at::Tensor lseA = a.lse.to(at::kDouble);
    const at::Tensor lseB = b.lse.to(at::kDouble);
    const at::Tensor lse = at::logaddexp(lseA, lseB);
    return {a.out.to(at::kDouble) * at::exp(lseA - lse).unsqueeze(-1) +
                b.out.to(at::kDouble) * at::exp(lseB - lse).unsqueeze(-1),
            lse};
}

void merge(Rows& into, const Rows& part) { mergePart(into.out, into.lse, {part.out, part.lse}); }

TEST(Merge, IsTheWeightedMeanOfBothParts) {
    at::manual_seed(1);
    for (at::ScalarType type : {at::kFloat, at::kDouble}) {
        Rows into = randomRows(5, type);
        const Rows part = randomRows(5, type);
        const Rows expected = referenceMerge(into, part);
        merge(into, part);
        const double tolerance = type == at::kFloat ? 1e-6 : 1e-14;
        EXPECT_LT(distance(into.out, expected.out), tolerance) << type;
        EXPECT_LT(distance(into.lse, expected.lse), tolerance) << type;
    }
}

TEST(Merge, DoesNotOverflowWhereOnePartOutweighsTheOther) {
    at::manual_seed(2);
    for (double delta : {-1e4, -200.0, -89.0, 89.0, 200.0, 1e4}) {
        Rows into = randomRows(4, at::kFloat);
        const Rows part = randomRows(4, at::kFloat, delta);
        const Rows expected = referenceMerge(into, part);
        merge(into, part);
        EXPECT_LT(distance(into.out, expected.out), 1e-6) << delta;
        EXPECT_LT(distance(into.lse, expected.lse), 1e-6 * std::max(1.0, std::abs(delta))) << delta;
    }
}

TEST(Merge, LeavesRowsWithoutKeysEmptyWhateverThePartHolds) {
    Rows into{at::zeros({1, 2, 1, 4}), at::full({1, 2, 1}, -infinity)};
    const Rows part{at::full({1, 2, 1, 4}, std::numeric_limits<double>::quiet_NaN()),
                    at::full({1, 2, 1}, -infinity)};
    merge(into, part);
    EXPECT_TRUE(at::equal(into.out, at::zeros({1, 2, 1, 4})));
    EXPECT_TRUE(at::equal(into.lse, at::full({1, 2, 1}, -infinity)));
}

TEST(Merge, MakesAnEmptyRowThePartAndLeavesRowsAsTheyAreWhereThePartIsEmpty) {
    at::manual_seed(3);
    const Rows part = randomRows(3, at::kFloat);
    Rows into{at::zeros_like(part.out), at::full_like(part.lse, -infinity)};
    const Rows empty{at::zeros_like(part.out), at::full_like(part.lse, -infinity)};
    merge(into, part);
    merge(into, empty);
    EXPECT_TRUE(at::equal(into.out, part.out));
    EXPECT_TRUE(at::equal(into.lse, part.lse));
}

TEST(Merge, TouchesOnlyTheRowsOfASlice) {
    at::manual_seed(4);
    Rows whole = randomRows(6, at::kFloat);
    const Rows before{whole.out.clone(), whole.lse.clone()};
    const Rows part = randomRows(2, at::kFloat);
    Rows slice{whole.out.narrow(1, 3, 2), whole.lse.narrow(1, 3, 2)};
    const Rows expected = referenceMerge({slice.out.clone(), slice.lse.clone()}, part);
    merge(slice, part);
    EXPECT_LT(distance(slice.out, expected.out), 1e-6);
    for (const auto& [begin, size] : {std::pair{0, 3}, std::pair{5, 1}}) {
        EXPECT_TRUE(at::equal(whole.out.narrow(1, begin, size), before.out.narrow(1, begin, size)));
        EXPECT_TRUE(at::equal(whole.lse.narrow(1, begin, size), before.lse.narrow(1, begin, size)));
    }
}

TEST(Merge, TakesPartsInHalfPrecisionAndInTheKernelsLayout) {
    at::manual_seed(5);
    for (at::ScalarType type : {at::kBFloat16, at::kHalf}) {
        Rows into = randomRows(4, at::kFloat);
        // (n, B, H, D) in memory, as a block over an all-to-all's result comes.
        const Rows part{at::randn({4, 2, 3, 8}).to(type).transpose(0, 1),
                        at::randn({4, 2, 3}).transpose(0, 1)};
        const Rows expected = referenceMerge(into, part);
        merge(into, part);
        EXPECT_LT(distance(into.out, expected.out), 1e-6) << type;
    }
}

TEST(Merge, RefusesRowsThatDoNotMatch) {
    Rows into = randomRows(4, at::kFloat);
    EXPECT_THROW(merge(into, randomRows(3, at::kFloat)), c10::Error);
    EXPECT_THROW(merge(into, randomRows(4, at::kDouble)), c10::Error);
}

}  // namespace
}  // namespace ringscope
