#include "kernels/generate/rank_merge.h"

#include "kernels/block/partial_result.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

namespace ringscope {

BlockOutput mergedOverRanks(const BlockOutput& own, Group& ranks) {
    const at::Tensor packed = at::cat({own.out, own.lse.unsqueeze(3)}, 3).contiguous();
    at::Tensor all =
        at::empty({ranks.size() * packed.size(0), packed.size(1), packed.size(2), packed.size(3)},
                  packed.options());
    ranks.allGather(all, packed)->wait();
    const std::int64_t columns = own.out.size(3);
    PartialOutput merged(own.out);
    for (const at::Tensor& part : all.chunk(ranks.size(), 0))
        merged.add({0, own.out.size(1)},
                   {part.narrow(3, 0, columns).contiguous(), part.select(3, columns).contiguous()});
    return merged.takeSum();
}

}  // namespace ringscope
