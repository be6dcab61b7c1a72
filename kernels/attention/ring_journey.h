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
// ranks sends its part of the gradients back, and the owner adds the parts up. Of parts of shards
// (Transfer::parts) a message is packed and unpacked: the step then holds the rows from the first
// to the last one that came, with zeros between them.
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
    // come from `pool`, except the sum of this rank's own gradients and unpacked keys. The steps it
    // is given must outlive it.
    RingJourney(Group& group, BufferPool& pool, at::Tensor own);

    void beginStep(const Step& step);
    void endStep(const Step& step, const KeyGradients& part);
    void finish();

    // What travelled here for this step: these rows of the step's keys, counted as its blocks do.
    at::Tensor keys(TokenSpan rows) const {
        return keys_.narrow(2, rows.begin - firstRow_, rows.size());
    }

    // After the last step of a backward pass: the gradient of `own`.
    const at::Tensor& gradients() const { return ownGradients_; }

private:
    struct Arriving {
        const Transfer* transfer = nullptr;
        at::Tensor tensor{};
        bool isParts() const { return transfer != nullptr && !transfer->parts.empty(); }
    };

    void postAll(const Step& step, PostTime time, Payload payload);
    at::Tensor bufferOf(const Step& step, const Transfer& transfer);
    // Of a whole shard, or of the transfer's parts.
    at::Tensor buffer(const Transfer& transfer);
    void giveBackUnused();
    // What arrived for step `index`, of own keys or of the step's; undefined if nothing did.
    Arriving arrived(Payload payload, int index, bool ofOwnKeys = false);
    void holdKeys(const Arriving& message);
    void addUp(const KeyGradients& part, const Transfer* sends);
    // The transfer's parts of `rows`, whose first one is row `firstRow`, or of gradients.
    at::Tensor packed(const Transfer& transfer, const at::Tensor& rows, std::int64_t firstRow);
    at::Tensor packed(const Transfer& transfer, const KeyGradients& part);
    void addToOwn(const at::Tensor& gradients);
    void addToOwn(const Arriving& message);
    std::vector<std::int64_t> sizesOf(std::int64_t rows) const;
    bool isPooled(const at::Tensor& tensor) const;
    at::TensorOptions gradientOptions() const;

    Group& group_;
    BufferPool& pool_;
    OpenTransfers open_;

    at::Tensor own_;             // never written to
    at::Tensor keys_;            // held in this step
    std::int64_t firstRow_ = 0;  // that they begin with
    at::Tensor gradients_;       // of the keys held
    at::Tensor ownGradients_;    // the sum of what has arrived so far

    std::vector<Arriving> arriving_;
    std::vector<PooledTensor> buffers_;
};

}  // namespace ringscope
