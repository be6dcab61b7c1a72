#include "kernels/model/products.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

// Against the same products in fp64, whose factors are exactly those of the type.
class Products : public ::testing::TestWithParam<at::ScalarType> {
protected:
    void SetUp() override { at::manual_seed(4); }

    static at::Tensor random(at::IntArrayRef sizes) { return at::randn(sizes).to(GetParam()); }

    static bool twoBytes() { return at::elementSize(GetParam()) == 2; }

    // Half a unit in the last place of what is answered, and the sums' own error.
    static void expectRounded(const at::Tensor& seen, const at::Tensor& exact) {
        ASSERT_EQ(seen.scalar_type(), GetParam());
        const double unit =
            GetParam() == at::kBFloat16 ? 0x1p-8 : (GetParam() == at::kHalf ? 0x1p-11 : 0x1p-22);
        const at::Tensor error = (seen.to(at::kDouble) - exact).abs();
        const at::Tensor limit = exact.abs() * unit + 2e-5;
        EXPECT_TRUE(error.le(limit).all().item<bool>()) << "off by " << error.max().item<double>();
    }
};

TEST_P(Products, AreRoundedOnce) {
    const at::Tensor a = random({37, 130});
    const at::Tensor b = random({51, 130});
    const at::Tensor addend = random({37, 51});
    const at::Tensor exact = at::mm(a.to(at::kDouble), b.to(at::kDouble).t());
    expectRounded(product(a, b.t()), exact);
    expectRounded(sumWithProduct(addend, a, b.t()), addend.to(at::kDouble) + exact);

    at::Tensor out = at::empty({37, 51}, a.options());
    productInto(out, a, b.t());
    expectRounded(out, exact);
    sumWithProductInto(out, addend, a, b.t());
    expectRounded(out, addend.to(at::kDouble) + exact);
}

TEST_P(Products, AreAddedUpInAWiderType) {
    const at::ScalarType wide = twoBytes() ? at::kFloat : GetParam();
    at::Tensor sum = at::ones({3, 51}, wide);
    at::Tensor exact = sum.to(at::kDouble);
    for (int part = 0; part < 8; ++part) {
        const at::Tensor a = random({37, 3});
        const at::Tensor b = random({37, 51});
        addProduct(sum, a.t(), b);
        exact += at::mm(a.to(at::kDouble).t(), b.to(at::kDouble));
    }
    // With a unit for two bytes each product is rounded before it is added.
    const double limit = twoBytes() ? 0.5 : 1e-4;
    EXPECT_EQ(sum.scalar_type(), wide);
    EXPECT_LT((sum.to(at::kDouble) - exact).abs().max().item<double>(), limit);
}

INSTANTIATE_TEST_SUITE_P(Types, Products,
                         ::testing::Values(at::kFloat, at::kDouble, at::kBFloat16, at::kHalf),
                         [](const auto& each) { return std::string(at::toString(each.param)); });

}  // namespace
}  // namespace ringscope
