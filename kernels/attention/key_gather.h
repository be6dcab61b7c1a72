// Gathers what travels of all ranks' keys and values, some heads at a time, and sums its gradients.
// Latents are gathered at once, for all heads.
//
//     KeyGather gather(part, pass, own);
//     for (const Step& step : pass) {
//         const at::Tensor keys = gather.begin(step);  // waits for it; starts the next gather
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
    // own: what travels of this rank's keys, (X, B, n, H, C): see key_form.h. `part`, whose owned
    // tokens are those of the ranks that gather, and `pass`, one of its two passes, must outlive
    // the gather.
    KeyGather(const RankPart& part, const std::vector<Step>& pass, at::Tensor own);

    // Returns what travels for the step's heads, of all tokens in their order: (X, B, S, h, C).
    // Throws std::logic_error where no transfer brings them.
    at::Tensor begin(const Step& step);

    // gradients: this rank's part of the sum, shaped like the result of begin(), in the type sums
    // are kept in.
    void end(const Step& step, const at::Tensor& gradients);
    void finish();

    // After finish(): the gradient of `own`.
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
    // The heads of `own` that travel for those of a step: latents are one.
    HeadSpan travelling(const HeadSpan& heads) const;

    const RankPart& part_;
    const std::vector<Step>& pass_;
    at::Tensor own_;
    at::Tensor latents_;          // of all tokens
    at::Tensor latentGradients_;  // of all tokens, this rank's part, summed over the steps so far
    OpenTransfers open_;
    std::vector<Moving> gathered_;   // under way, or complete and not yet taken by begin()
    std::optional<Moving> reduced_;  // under way
    at::Tensor sums_;
};

}  // namespace ringscope
