#include "kernels/train/activation_files.h"

#include "tests/support/program.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <vector>

namespace ringscope {
namespace {

// More tensors than there are buffers, of other shapes and types, some taken before others are put.
TEST(ActivationFiles, GiveBackTheSameBitsInReverseOrder) {
    const test::TemporaryFolder folder;
    const auto files = ActivationFiles::make(folder.path(), 3 * 5000 * 8, 8).value();
    at::manual_seed(5);
    for (int round = 0; round < 3; ++round) {
        std::vector<at::Tensor> put;
        for (int i = 0; i < 8; ++i) {
            const at::ScalarType type = i % 2 == 0 ? at::kDouble : at::kBFloat16;
            put.push_back(at::randn({3, 4000 + 100 * i}, at::kDouble).to(type));
            files->put(put.back());
            if (i != 5) continue;
            for (int back = 0; back < 3; ++back) {
                EXPECT_TRUE(at::equal(files->take(), put.back())) << put.size();
                put.pop_back();
            }
        }
        for (; !put.empty(); put.pop_back())
            EXPECT_TRUE(at::equal(files->take(), put.back())) << put.size();
    }
}

}  // namespace
}  // namespace ringscope
