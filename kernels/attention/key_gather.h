// Gathers the keys and values of all ranks, some heads at a time, and sums their gradients.
//
//     KeyGather gather(part, pass, k, v);
//     for (const Step& step : pass) {
//         const at::Tensor keys = gather.begin(step);  // waits for them; starts the next gather
//         ... blocks ...
//         gather.end(step, gradients);                 // starts their sum
//     }
//     gather.finish();
//
// Collectives run in the order they were posted, so the gradients of a step travel while the next
// step computes.
#pragma once

#include "kernels/attention/executor_table.h"
#include "kernels/attention/transfers.h"

#include <optional>

namespace ringscope {

class KeyGather {
public:
    // k and v: this rank's, (B, n, H, D). `part` and `pass`, one of the part's two passes, must
    // outlive the gather.
    KeyGather(const RankPart& part, const std::vector<Step>& pass, at::Tensor k, at::Tensor v);

    // Returns K and V of the step's heads, of the whole sequence in token order: (2, B, S, h, D).
    // Throws std::logic_error where no transfer brings them.
    at::Tensor begin(const Step& step);

    // gradients: this rank's part of the sum, shaped like the result of begin(), in the type sums
    // are kept in.
    void end(const Step& step, const at::Tensor& gradients);
    void finish();

    // After finish(): dK and dV of this rank's own tokens, (2, B, n, H, D).
    const at::Tensor& gradients() const { return sums_; }

private:
    // A collective under way.
    struct Moving {
        int neededBy = 0;
        HeadSpan heads{};
        PooledTensor sent{};
        PooledTensor received{};
    };

    void postGathers(const Step& step);
    void takeSums();

    const RankPart& part_;
    const std::vector<Step>& pass_;
    at::Tensor k_;
    at::Tensor v_;
    OpenTransfers open_;
    std::vector<Moving> gathered_;   // under way, or complete and not yet taken by begin()
    std::optional<Moving> reduced_;  // under way
    at::Tensor sums_;
};

}  // namespace ringscope
