// What blocks read and write of a rank's tensors, and what their rows give as blocks are added.
//
// A pattern may weight its branches with constants (attention.pattern.stop_gradient). The gradient
// of a branch's scores then takes that branch's own output instead of the whole one:
//
//     ds = exp(s - lse) * (dOut v - sum(dOut * out of the branch))
//
// So the outputs of branches are kept beside the whole, each of its own rows: a branch that has
// every r-th row keeps n / r.
#pragma once

#include "backend/plan/step_rows.h"
#include "kernels/attention/executor_table.h"
#include "kernels/block/partial_result.h"

#include <cstdint>
#include <vector>

namespace ringscope {

// The rows and heads of a block in a tensor of query heads, and in one of key/value heads. `each`:
// query heads that share a key/value head.
RowPart queriesOf(const Block& block, std::int64_t each);
RowPart keysOf(const Block& block);

class RowOutputs {
public:
    // like: (B, n, Hq, D), for shape and type. `steps` must outlive it.
    RowOutputs(const at::Tensor& like, std::int64_t each, const std::vector<std::int64_t>& steps);

    // The block's rows count from the first row of `like`.
    void add(const Block& block, BlockOutput part);
    // Of all branches together, to be added to in place.
    const BlockOutput& sum() { return whole_.sum(); }
    BlockOutput takeSum();

private:
    PartialOutput whole_;
    std::int64_t each_;
    const std::vector<std::int64_t>& steps_;
    std::vector<PartialOutput> branches_;
};

// What of the whole output a block's gradients need: (B, nq, H, D) and (B, nq, H).
BlockOutput wholeOf(const BlockOutput& whole, const Block& block, std::int64_t each,
                    const std::vector<std::int64_t>& steps);

// `whole` as tensors to save behind q, k and v or what travels, and back from the `first` on.
void appendOutput(const BlockOutput& whole, std::vector<at::Tensor>& saved);
BlockOutput outputAt(const std::vector<at::Tensor>& saved, std::size_t first, std::size_t branches);

}  // namespace ringscope
