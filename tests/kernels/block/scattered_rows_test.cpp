// Rows that are gathered and put back one by one, against indices of ATen.
#include "kernels/block/cpu/scattered_rows.h"

#include "kernels/block/merge.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace ringscope {
namespace {

// Some rows of some heads, of a tensor whose first row is row 100.
const std::vector<std::int64_t> rows{103, 100, 139, 120, 101, 102, 138, 103, 111, 125};
const std::vector<std::int64_t> heads{0, 0, 0, 0, 1, 1, 1, 2, 2, 2};

at::Tensor numbers(const std::vector<std::int64_t>& values) {
    return at::tensor(at::ArrayRef<std::int64_t>(values));
}

at::Tensor byIndex(const at::Tensor& tensor) {
    return tensor.index({numbers(rows) - 100, numbers(heads)}).unsqueeze(0).unsqueeze(2);
}

double farthestRow(const at::Tensor& a, const at::Tensor& b) {
    return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

class ScatteredRowsTest : public ::testing::TestWithParam<at::ScalarType> {
protected:
    // (40, 3, 24): heads in the middle of others.
    at::Tensor some() const {
        return at::randn({40, 5, 24}, at::kDouble).to(GetParam()).narrow(1, 1, 3);
    }
    ScatteredRows places{rows, heads, 100};
};

TEST_P(ScatteredRowsTest, AreGatheredToTheBit) {
    at::manual_seed(1);
    const at::Tensor tensor = some();
    EXPECT_TRUE(at::equal(gathered(places, tensor), byIndex(tensor)));
    const at::Tensor plain = tensor.select(2, 7);
    EXPECT_TRUE(at::equal(gathered(places, plain), byIndex(plain)));
}

INSTANTIATE_TEST_SUITE_P(Of, ScatteredRowsTest,
                         ::testing::Values(at::kDouble, at::kFloat, at::kBFloat16));

class ScatteredSums : public ScatteredRowsTest {};

TEST_P(ScatteredSums, AreAddedToTheseRowsAndNoOthers) {
    at::manual_seed(2);
    const at::Tensor sum = some();
    const at::Tensor values = at::randn({1, 10, 1, 24}, at::kDouble).to(GetParam());
    at::Tensor wanted = sum.clone();
    wanted.index_put_({numbers(rows) - 100, numbers(heads)}, values.squeeze(2).squeeze(0), true);
    addScattered(places, values, sum);
    EXPECT_TRUE(at::equal(sum, wanted));
}

TEST_P(ScatteredSums, AreMergedAsRowsOfABlockAre) {
    at::manual_seed(3);
    const at::Tensor out = some();
    const at::Tensor lse = at::randn({40, 3}, at::kDouble).to(GetParam());
    BlockOutput part;
    part.out = at::randn({1, 10, 1, 24}, at::kDouble).to(GetParam());
    part.lse = at::randn({1, 10, 1}, at::kDouble).to(GetParam());
    lse[3][0] = -INFINITY;  // nothing there before
    part.lse[0][1][0] = -INFINITY;
    at::Tensor wantedOut = byIndex(out).contiguous();
    at::Tensor wantedLse = byIndex(lse).contiguous();
    mergePart(wantedOut, wantedLse, part);
    mergeScattered(places, part, out, lse);
    const double bound = GetParam() == at::kDouble ? 1e-15 : 1e-6;
    EXPECT_LE(farthestRow(gathered(places, out), wantedOut), bound);
    EXPECT_LE(farthestRow(gathered(places, lse).exp(), wantedLse.exp()), bound);
}

INSTANTIATE_TEST_SUITE_P(Of, ScatteredSums, ::testing::Values(at::kDouble, at::kFloat));

}  // namespace
}  // namespace ringscope
