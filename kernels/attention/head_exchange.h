// All-to-alls that turn this rank's share of the tokens with all heads into all tokens of a group
// of ranks with a share of the heads, and back. Where the steps list some heads at a time, the
// heads of the next step are received, and the results of the last one returned, while a step
// computes.
//
//     HeadExchange exchange(part, pass, counts, {q, k, v});
//     for (const Step& step : pass) {
//         const HeadTensors here = exchange.receive(step);  // the step's heads, the group's tokens
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

enum HeadRole : std::size_t { Q, K, V, G, headRoles };  // G: gates of queries

// Absent ones are undefined. An output or its gradient takes the place of Q.
using HeadTensors = std::array<at::Tensor, headRoles>;

// Of the model.
struct HeadCounts {
    std::int64_t query = 0;
    std::int64_t keyValue = 0;
};

class HeadExchange {
public:
    // given: (B, n, H, D), what the other ranks receive. `part` and `pass` must outlive the
    // exchange.
    HeadExchange(const RankPart& part, const std::vector<Step>& pass, const HeadCounts& counts,
                 HeadTensors given);

    // The first query head of the model that this rank attends for in `step`.
    std::int64_t firstHead(const Step& step) const;

    // Gradients of outputs are valid until sendBack(); queries, keys and values are memory of their
    // own.
    HeadTensors receive(const Step& step);
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
        PooledTensor buffer{};  // holds `received`, unless that is memory of its own
        at::Tensor received{};
    };

    HeadSpan headsOf(HeadRole tensor, const HeadSpan& heads) const;
    at::Tensor headsIn(const at::Tensor& packed, const Moving& moving, HeadRole tensor) const;
    std::vector<std::int64_t> packedSizes(const Moving& moving, const HeadTensors& like) const;
    void postIncoming(const Transfer& transfer);
    void postReturn(const Transfer& transfer, const HeadSpan& heads, const HeadTensors& here);
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
    std::vector<Moving> incoming_;
    std::vector<Moving> returning_;
    HeadTensors returned_;
};

}  // namespace ringscope
