// Carries out the transfers of a schedule, with exactly the bytes it lists: a tensor of another
// size is a broken promise between schedule and executor and throws std::logic_error.
#pragma once

#include "backend/plan/schedule.h"
#include "kernels/comm/group.h"

#include <ATen/core/Tensor.h>
#include <memory>
#include <vector>

namespace ringscope {

// Sends `tensor` to, or receives it from, the transfer's peer.
std::unique_ptr<Pending> post(Group& group, const Transfer& transfer, at::Tensor& tensor);

// Runs the one collective that `step` lists at `moment`, from `in` to `out`, and waits for it.
void exchange(Group& group, const Step& step, Moment moment, at::Tensor& out, const at::Tensor& in);

// Transfers under way.
class OpenTransfers {
public:
    void add(const Transfer& transfer, std::unique_ptr<Pending> pending);

    // Waits for those of `payload` that step `index` needs.
    void complete(Payload payload, int index);

private:
    struct Open {
        Payload payload;
        int neededBy;
        std::unique_ptr<Pending> pending;
    };
    std::vector<Open> open_;
};

}  // namespace ringscope
