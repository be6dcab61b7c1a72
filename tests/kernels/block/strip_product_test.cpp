#include "kernels/block/cpu/strip_product.h"

#include "kernels/block/cpu/panels.h"
#include "kernels/vector/vector_code.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

template <typename T>
struct Version {
    const char* name;
    void (*multiply)(const StripProduct<T>&);
};

// Those that this processor can run.
template <typename T>
std::vector<Version<T>> versions() {
    std::vector<Version<T>> all{{"chosen", multiply}, {"anywhere", multiplyAnywhere}};
#ifdef RINGSCOPE_GENERATIONS
    if (__builtin_cpu_supports("x86-64-v3")) all.push_back({"v3", multiplyV3});
    if (__builtin_cpu_supports("x86-64-v4")) all.push_back({"v4", multiplyV4});
#endif
    return all;
}

template <typename T>
Matrix<T> matrixOf(const at::Tensor& tensor) {
    return {tensor.mutable_data_ptr<std::remove_const_t<T>>(), tensor.stride(0)};
}

// Strips of every height, of lines and of columns, by panels that end in a half or are cut short.
template <typename T>
class StripProducts : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(StripProducts, Scalars);

TYPED_TEST(StripProducts, AreMatrixProductsInEveryVersion) {
    using T = TypeParam;
    at::manual_seed(1);
    const auto type = c10::CppTypeToScalarType<T>::value;
    constexpr std::int64_t held = 40;
    constexpr std::int64_t first = 3;
    constexpr std::int64_t inner = 29;
    for (const Version<T>& version : versions<T>())
        for (const std::int64_t columns : {7, 16, 32, 40, 100})
            for (std::int64_t rows = 1; rows <= stripRows; ++rows)
                for (const bool transposed : {false, true}) {
                    const at::Tensor right = at::randn({held, columns}, type);
                    Panels<T> panels(held, columns);
                    panels.pack(matrixOf<const T>(right), held, columns);
                    const at::Tensor lines = at::randn({held, lineStride}, type);
                    const at::Tensor left = transposed
                                                ? lines.narrow(0, 0, inner).narrow(1, 0, rows).t()
                                                : lines.narrow(0, 0, rows).narrow(1, 0, inner);
                    at::Tensor result = at::randn({rows, panels.columns()}, type);
                    const at::Tensor before = result.narrow(1, 0, columns).clone();

                    StripProduct<T> product = panels.part(first, inner, 0, panels.columns());
                    product.a = lines.const_data_ptr<T>();
                    product.aTransposed = transposed;
                    product.c = result.mutable_data_ptr<T>();
                    product.cStride = result.stride(0);
                    product.rows = rows;
                    product.add = transposed;
                    version.multiply(product);

                    at::Tensor expected = at::matmul(left, right.narrow(0, first, inner));
                    if (product.add) expected += before;
                    EXPECT_TRUE(at::allclose(result.narrow(1, 0, columns), expected, 1e-4, 1e-4))
                        << version.name << ": " << rows << " x " << columns;
                }
}

TYPED_TEST(StripProducts, TakeTransposedPanels) {
    using T = TypeParam;
    at::manual_seed(2);
    const auto type = c10::CppTypeToScalarType<T>::value;
    for (const std::int64_t rows : {1, 15, 32, 50, 97})
        for (const std::int64_t columns : {1, 8, 33}) {
            const at::Tensor matrix = at::randn({rows, columns}, type);
            Panels<T> straight(columns, rows);
            Panels<T> across(columns, rows);
            straight.pack(matrixOf<const T>(matrix.t().contiguous()), columns, rows);
            across.packTransposed(matrixOf<const T>(matrix), rows, columns);
            ASSERT_EQ(straight.columns(), across.columns());
            EXPECT_TRUE(std::equal(straight.part(0, 0, 0, 0).b,
                                   straight.part(0, 0, 0, 0).b + columns * straight.columns(),
                                   across.part(0, 0, 0, 0).b))
                << rows << " x " << columns;
        }
}

}  // namespace
}  // namespace ringscope
