// The messages of one pass round a ring: keys and values, and in the backward pass their gradients.
//
//     for (const Step& step : pass) {
//         journey.beginStep(step);          // waits for the step's keys; posts the next ones
//         ... blocks with what journey.keys() becomes ...
//         journey.endStep(step, part);      // waits for gradients, adds the part, sends the sum on
//     }
//     journey.finish();
//
// Keys are double-buffered: while a step computes, the next shard arrives in the other buffer;
// those for a later round of rings within a ring, in one more. Gradients are double-buffered too:
// those of the last step leave while this step's blocks run, and endStep() waits for what arrives
// once there is something to add to it.
//
// Where a schedule sends keys straight from their owner to the ranks that need them, each of those
// ranks sends its part of the gradients back, and the owner adds the parts up.
#pragma once

#include "backend/plan/schedule.h"
#include "kernels/attention/transfers.h"
#include "kernels/comm/buffer_pool.h"

#include <ATen/core/Tensor.h>
#include <vector>

namespace ringscope {

// What a step's blocks add to rows `keys` of the gradient that travels; none without blocks.
struct KeyGradients {
    TokenSpan keys{};
    at::Tensor packed{};  // of these rows: (X, B, n, H, C)
};

class RingJourney {
public:
    // own: what travels of this rank's keys, (X, B, n, H, C): see key_form.h. All other tensors
    // come from `pool`, except the sum of this rank's own gradients.
    RingJourney(Group& group, BufferPool& pool, at::Tensor own);

    void beginStep(const Step& step);
    void endStep(const Step& step, const KeyGradients& part);
    void finish();

    // What travelled here for this step.
    const at::Tensor& keys() const { return keys_; }

    // After the last step of a backward pass: the gradient of `own`.
    const at::Tensor& gradients() const { return ownGradients_; }

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
    // What arrived for step `index`, of own keys or of the step's; undefined if nothing did.
    at::Tensor arrived(Payload payload, int index, bool ofOwnKeys = false);
    void addUp(const KeyGradients& part, bool sends);
    void addToOwn(const at::Tensor& gradients);
    bool isPooled(const at::Tensor& tensor) const;
    at::TensorOptions gradientOptions() const;

    Group& group_;
    BufferPool& pool_;
    OpenTransfers open_;

    at::Tensor own_;           // never written to
    at::Tensor keys_;          // held in this step
    at::Tensor gradients_;     // of the keys held
    at::Tensor ownGradients_;  // the sum of what has arrived so far

    std::vector<Arriving> arriving_;
    std::vector<PooledTensor> buffers_;
};

}  // namespace ringscope
