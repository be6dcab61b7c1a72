// What travels round a ring during one pass: keys and values, and in the backward pass their
// gradients behind them.
//
//     for (const Step& step : pass) {
//         journey.beginStep(step);          // the step's keys are here, the next ones on their way
//         ... blocks with journey.keys() ...
//         journey.endStep(step, part);      // gradients arrived, part added, all sent on
//     }
//     journey.finish();
//
// Keys are double-buffered: while a step computes, the next shard arrives in the other buffer;
// those for a later round of rings within a ring, in one more. Gradients are double-buffered too:
// those of the last step leave while this step's blocks run, and what arrives is waited for when
// there is something to add to it.
//
// Where a schedule sends keys straight from their owner to those who need them, each brings back
// its own part of the gradients, and they are added up at home.
#pragma once

#include "backend/plan/schedule.h"
#include "kernels/attention/transfers.h"
#include "kernels/comm/buffer_pool.h"

#include <ATen/core/Tensor.h>
#include <vector>

namespace ringscope {

// What a step's blocks add to rows `keys` of the travelling gradient; none where it has no blocks.
struct KeyGradients {
    TokenSpan keys{};
    at::Tensor packed{};  // dK and dV of these rows: (2, B, n, H, D)
};

class RingJourney {
public:
    // own: K and V of this rank, packed (2, B, n, H, D). All else comes from `pool`, but own
    // gradients.
    RingJourney(Group& group, BufferPool& pool, at::Tensor own);

    void beginStep(const Step& step);
    void endStep(const Step& step, const KeyGradients& part);
    void finish();

    at::Tensor keys() const { return keys_[0]; }
    at::Tensor values() const { return keys_[1]; }

    // After the last step of a backward pass: the gradients of this rank's own keys and values.
    const at::Tensor& gradients() const { return home_; }

private:
    struct Arriving {
        Payload payload;
        int neededBy;
        bool ofOwnKeys;
        at::Tensor tensor;
    };

    void postAll(const Step& step, PostTime time, Payload payload);
    at::Tensor bufferOf(const Step& step, const Transfer& transfer);
    at::Tensor buffer(const at::TensorOptions& options);
    void giveBackUnused();
    // What arrived for step `index`, of own keys or the step's; undefined: nothing did.
    at::Tensor arrived(Payload payload, int index, bool ofOwnKeys = false);
    void addUp(const KeyGradients& part, bool sends);
    void bringHome(const at::Tensor& gradients);
    bool isPooled(const at::Tensor& tensor) const;
    at::TensorOptions gradientOptions() const;

    Group& group_;
    BufferPool& pool_;
    OpenTransfers open_;

    at::Tensor own_;        // never written to
    at::Tensor keys_;       // held in this step
    at::Tensor gradients_;  // of the keys held
    at::Tensor home_;       // of own keys, as far as they are here

    std::vector<Arriving> arriving_;
    std::vector<PooledTensor> buffers_;
};

}  // namespace ringscope
