// Carries out the transfers of a schedule, with exactly the bytes it lists. A tensor of another
// size throws std::logic_error: schedule and executor disagree.
#pragma once

#include "backend/plan/schedule.h"
#include "kernels/comm/group.h"

#include <ATen/core/Tensor.h>
#include <memory>
#include <vector>

namespace ringscope {

// Sends `tensor` to, or receives it from, the transfer's peer.
std::unique_ptr<Pending> post(Group& group, const Transfer& transfer, at::Tensor& tensor);

// The group a transfer runs in: `group`, or one within it.
Group& groupOf(Group& group, const Transfer& transfer);

// Starts a collective from `in` to `out`.
std::unique_ptr<Pending> post(Group& group, const Transfer& transfer, at::Tensor& out,
                              const at::Tensor& in);

// Runs the collective of `payload` that `step` lists, from `in` to `out`, and waits for it.
void exchange(Group& group, const Step& step, Payload payload, at::Tensor& out,
              const at::Tensor& in);

// Transfers that were posted and not yet waited for.
class OpenTransfers {
public:
    void add(const Transfer& transfer, std::unique_ptr<Pending> pending,
             const at::Tensor& tensor = {});

    // Whether `tensor` was given to a transfer that is not complete.
    bool uses(const at::Tensor& tensor) const;

    // Waits for those of `payload` that step `index` needs.
    void complete(Payload payload, int index);

private:
    struct Open {
        Payload payload;
        int neededBy;
        std::unique_ptr<Pending> pending;
        at::Tensor tensor;
    };
    std::vector<Open> open_;
};

}  // namespace ringscope
