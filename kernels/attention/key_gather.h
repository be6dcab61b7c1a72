// Everybody's keys and values, some heads at a time, and the sums of their gradients.
//
//     for (const Step& step : pass) {
//         const at::Tensor keys = gather.begin(step);   // the step's are here, the next on their
//         way
//         ... blocks ...
//         gather.end(step, gradients);                  // on their way to where they belong
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
    // k and v: this rank's, (B, n, H, D).
    KeyGather(const RankPart& part, at::Tensor k, at::Tensor v);

    // K and V of the step's heads, of the whole sequence in token order: (2, B, S, h, D).
    at::Tensor begin(const Step& step);

    // gradients: like begin()'s answer, in the type sums are kept in; this rank's part of the sum.
    void end(const Step& step, const at::Tensor& gradients);
    void finish();

    // After finish(): dK and dV of this rank's own tokens, (2, B, n, H, D).
    const at::Tensor& gradients() const { return sums_; }

private:
    // Both sides of a collective under way.
    struct Moving {
        int neededBy = 0;
        HeadSpan heads{};
        PooledTensor sent{};
        PooledTensor received{};
    };

    void postGathers(const Step& step);
    void takeSums();

    const RankPart& part_;
    at::Tensor k_;
    at::Tensor v_;
    OpenTransfers open_;
    std::vector<Moving> gathered_;   // arriving, or arrived for this step
    std::optional<Moving> reduced_;  // arriving
    at::Tensor sums_;
};

}  // namespace ringscope
