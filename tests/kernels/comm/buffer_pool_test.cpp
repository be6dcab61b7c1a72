#include "kernels/comm/buffer_pool.h"

#include <gmock/gmock.h>
#include <optional>
#include <utility>

namespace ringscope {
namespace {

const at::TensorOptions fp32{at::kFloat};
const at::TensorOptions fp64{at::kDouble};

TEST(BufferPool, GivesTheSameMemoryAgain) {
    BufferPool pool(1024);
    const void* first = nullptr;
    {
        const PooledTensor tensor = pool.take({2, 8}, fp32);
        EXPECT_TRUE(tensor.tensor().is_contiguous());
        EXPECT_EQ(pool.inUse(), 64);
        first = tensor.tensor().const_data_ptr();
    }
    EXPECT_EQ(pool.inUse(), 0);
    const PooledTensor again = pool.take({4, 4}, fp32);  // as many numbers
    EXPECT_EQ(again.tensor().const_data_ptr(), first);
    EXPECT_EQ(pool.made(), 1);
    const PooledTensor other = pool.take({4, 4}, fp32);
    EXPECT_NE(other.tensor().const_data_ptr(), first);
    EXPECT_EQ(pool.peak(), 128);
}

TEST(BufferPool, HoldsNoMoreThanItsLimit) {
    BufferPool pool(128);
    { const PooledTensor unused = pool.take({16}, fp64); }
    std::optional<PooledTensor> half = pool.take({16}, fp32);  // the unused ones make room
    EXPECT_EQ(pool.made(), 2);
    EXPECT_THAT([&] { pool.take({32}, fp32); },
                ::testing::ThrowsMessage<std::logic_error>(
                    "communication buffers take 192 bytes, the limit is 128; the plan should have "
                    "seen it"));
    half.reset();
    EXPECT_EQ(pool.take({32}, fp32).tensor().numel(), 32);
}

TEST(BufferPool, TakesAMovedTensorBackOnce) {
    BufferPool pool(1024);
    PooledTensor kept;
    {
        PooledTensor tensor = pool.take({4}, fp32);
        kept = std::move(tensor);
    }
    EXPECT_EQ(pool.inUse(), 16);
    kept = PooledTensor();
    EXPECT_EQ(pool.inUse(), 0);
}

}  // namespace
}  // namespace ringscope
