// All-to-alls that turn this rank's share of the tokens with all heads into all tokens of a group
// of ranks with a share of the heads, and back; some heads at a time where the steps say so, so
// that those of the next step are on their way while a step computes, and those of the last one go
// home.
//
//     HeadExchange exchange(part, pass, counts, {q, k, v});
//     for (const Step& step : pass) {
//         const HeadTensors here = exchange.bring(step);   // the step's heads, the group's tokens
//         exchange.sendBack(step, {attend(here)});
//     }
//     exchange.returned()[Q];                               // all heads, this rank's tokens
//
//   packed for sending   (P, n, B, h, D)   slice p: this rank's tokens, rank p's heads
//   packed as received   (P, n, B, h, D)   slice p: rank p's tokens, this rank's heads
//                      = (P n, B, h, D)    so that a view has the group's tokens in order
//
// Where there are fewer key/value heads than ranks, neighbouring ranks get copies of one head, and
// the gradients of the copies are summed.
#pragma once

#include "kernels/attention/executor_table.h"
#include "kernels/attention/transfers.h"

#include <array>
#include <cstdint>
#include <vector>

namespace ringscope {

enum HeadRole : std::size_t { Q, K, V, headRoles };

// Those that are not there are undefined. An output or its gradient stands in the place of Q.
using HeadTensors = std::array<at::Tensor, headRoles>;

// Of the model.
struct HeadCounts {
    std::int64_t query = 0;
    std::int64_t keyValue = 0;
};

class HeadExchange {
public:
    // given: (B, n, H, D), what is brought to the other ranks. `pass` outlives the exchange.
    HeadExchange(const RankPart& part, const std::vector<Step>& pass, const HeadCounts& counts,
                 HeadTensors given);

    // Query heads of the model before those of `step` on this rank.
    std::int64_t firstHead(const Step& step) const;

    // Valid until sendBack(), but queries, keys and values as long as somebody holds them.
    HeadTensors bring(const Step& step);
    void sendBack(const Step& step, const HeadTensors& here);
    // After the last step.
    const HeadTensors& returned() const { return returned_; }

private:
    // How the heads of one tensor go to the ranks.
    struct Split {
        std::int64_t count = 0;   // for each rank
        std::int64_t copies = 1;  // ranks that share each head
    };
    struct Moving {
        Payload payload;
        int neededBy;
        HeadSpan heads;
        PooledTensor sent{};
        PooledTensor buffer{};  // that it is received in, unless it stays
        at::Tensor received{};
    };

    HeadSpan headsOf(HeadRole tensor, const HeadSpan& heads) const;
    at::Tensor headsIn(const at::Tensor& packed, const Moving& moving, HeadRole tensor) const;
    std::vector<std::int64_t> packedSizes(const Moving& moving) const;
    void postThere(const Transfer& transfer);
    void postBack(const Transfer& transfer, const HeadSpan& heads, const HeadTensors& here);
    void complete(std::vector<Moving>& movings, int index);
    void takeReturned(int index);
    void unpack(const Moving& moving);

    const RankPart& part_;
    const std::vector<Step>& pass_;
    HeadTensors given_;
    std::int64_t ranks_;
    std::array<Split, headRoles> splits_;
    at::TensorOptions options_;

    OpenTransfers open_;
    std::vector<Moving> there_;
    std::vector<Moving> back_;
    HeadTensors returned_;
};

}  // namespace ringscope
