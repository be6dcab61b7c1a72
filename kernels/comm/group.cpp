#include "kernels/comm/group.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <string>

namespace ringscope {
namespace {

std::int64_t bytesOf(const at::Tensor& tensor) {
    return static_cast<std::int64_t>(tensor.nbytes());
}

void expectContiguous(const at::Tensor& tensor) {
    if (!tensor.is_contiguous())
        throw std::logic_error("a tensor of shape " + c10::str(tensor.sizes()) +
                               " that is sent or received must be contiguous");
}

// `whole` holds one `slice` for each rank.
void expectSlices(const at::Tensor& whole, const at::Tensor& slice, int size) {
    expectContiguous(whole);
    expectContiguous(slice);
    if (whole.numel() != slice.numel() * size || whole.scalar_type() != slice.scalar_type())
        throw std::logic_error("a tensor of " + std::to_string(whole.numel()) +
                               " elements does not hold " + std::to_string(size) + " slices of " +
                               std::to_string(slice.numel()));
}

}  // namespace

std::unique_ptr<Pending> Group::send(const at::Tensor& tensor, int peer, Channel channel) {
    expectContiguous(tensor);
    count(bytesOf(tensor));
    return doSend(tensor, peer, channel);
}

std::unique_ptr<Pending> Group::receive(at::Tensor& tensor, int peer, Channel channel) {
    expectContiguous(tensor);
    return doReceive(tensor, peer, channel);
}

std::unique_ptr<Pending> Group::allToAll(at::Tensor& out, const at::Tensor& in) {
    expectSlices(out, in, 1);
    if (in.numel() % size_ != 0)
        throw std::logic_error(std::to_string(in.numel()) + " elements do not divide over " +
                               std::to_string(size_) + " ranks");
    count(bytesOf(in) / size_ * (size_ - 1));
    return doAllToAll(out, in);
}

std::unique_ptr<Pending> Group::allGather(at::Tensor& out, const at::Tensor& in) {
    expectSlices(out, in, size_);
    count(bytesOf(in) * (size_ - 1));
    return doAllGather(out, in);
}

std::unique_ptr<Pending> Group::reduceScatterSum(at::Tensor& out, const at::Tensor& in) {
    expectSlices(in, out, size_);
    count(bytesOf(out) * (size_ - 1));
    return doReduceScatterSum(out, in);
}

void Group::allReduceSum(at::Tensor& tensor) {
    at::Tensor everybodys = at::empty({size_, tensor.numel()}, tensor.options());
    allGather(everybodys, tensor)->wait();
    at::Tensor sum = tensor.view({-1});
    sum.copy_(everybodys[0]);
    for (int rank = 1; rank < size_; ++rank) sum.add_(everybodys[rank]);
}

void Group::barrier() { doBarrier(); }

}  // namespace ringscope
