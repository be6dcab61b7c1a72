#include "kernels/cuda/attention_twin.h"

#include "kernels/cuda/attention_program.h"

#include <ATen/Parallel.h>
#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include <memory>

namespace ringscope {
namespace {

struct RunOnHost {
    kernel::ThreadOrder order;

    template <AttentionPass pass, typename T, typename In, int chunks>
    void with(const AttentionTask& task) const {
        at::parallel_for(0, threadBlocks(task), 1, [&](std::int64_t begin, std::int64_t end) {
            const auto memory = std::make_unique<kernel::AttentionMemory<T>>();
            for (std::int64_t index = begin; index < end; ++index) {
                kernel::fillWithNoNumbers(*memory);
                kernel::runAttention<pass, T, In, chunks>(kernel::ThreadBlock(order), *memory, task,
                                                          index);
            }
        });
    }
};

}  // namespace

void runAttentionOnHost(const AttentionTask& task, kernel::ThreadOrder order) {
    kernel::withTypes<c10::BFloat16, c10::Half>(task, RunOnHost{order});
}

}  // namespace ringscope
