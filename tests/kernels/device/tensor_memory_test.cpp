#include "kernels/device/tensor_memory.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

TEST(TensorMemory, ComesAndGoesUnderViews) {
    const at::Tensor whole = at::ones({6});
    const at::Tensor view = whole.view({2, 3})[1];
    EXPECT_TRUE(hasMemory(whole));
    dropMemory(whole);
    dropMemory(whole);
    EXPECT_FALSE(hasMemory(whole));
    EXPECT_FALSE(hasMemory(view));
    const at::Tensor later = whole.narrow(0, 2, 2);  // a view of nothing
    takeMemory(whole);
    whole.copy_(at::arange(6));
    const void* const held = whole.data_ptr();
    takeMemory(whole);
    EXPECT_EQ(whole.data_ptr(), held);
    EXPECT_TRUE(at::equal(view, at::tensor({3.0F, 4.0F, 5.0F})));
    EXPECT_TRUE(at::equal(later, at::tensor({2.0F, 3.0F})));
}

}  // namespace
}  // namespace ringscope
