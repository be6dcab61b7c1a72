#include "kernels/attention/transfers.h"

#include "profiler/trace_place.h"

#include <stdexcept>
#include <string>

namespace ringscope {
namespace {

std::string describe(const Transfer& transfer) {
    return std::string(transferName(transfer.kind)) + " of " +
           std::string(payloadName(transfer.payload));
}

void expectBytes(const Transfer& transfer, std::int64_t planned, std::int64_t actual) {
    if (planned != actual)
        throw std::logic_error("the schedule's " + describe(transfer) + " has " +
                               std::to_string(planned) + " bytes, the tensor has " +
                               std::to_string(actual));
}

Channel channelOf(const Transfer& transfer) {
    switch (transfer.payload) {
        case Payload::KeyValue:
            return Channel::KeyValue;
        case Payload::KeyValueGrad:
            return Channel::KeyValueGrad;
        default:
            throw std::logic_error("no channel carries a " + describe(transfer));
    }
}

std::int64_t bytesOf(const at::Tensor& tensor) {
    return static_cast<std::int64_t>(tensor.nbytes());
}

std::unique_ptr<Pending> start(Group& group, const Transfer& transfer, at::Tensor& out,
                               const at::Tensor& in) {
    const std::int64_t others = group.size() - 1;
    switch (transfer.kind) {
        case TransferKind::AllToAll:
            expectBytes(transfer, transfer.sentBytes, bytesOf(in) / group.size() * others);
            return group.allToAll(out, in);
        case TransferKind::AllGather:
            expectBytes(transfer, transfer.sentBytes, bytesOf(in) * others);
            return group.allGather(out, in);
        case TransferKind::ReduceScatter:
            expectBytes(transfer, transfer.sentBytes, bytesOf(out) * others);
            return group.reduceScatterSum(out, in);
        default:
            throw std::logic_error("a " + describe(transfer) + " is not a collective");
    }
}

const Transfer& onlyTransfer(const Step& step, Moment moment) {
    const Transfer* found = nullptr;
    for (const Transfer& transfer : step.transfers) {
        if (transfer.posted != moment) continue;
        if (found != nullptr)
            throw std::logic_error("step " + std::to_string(step.index) + " lists a " +
                                   describe(transfer) + " beside a " + describe(*found));
        found = &transfer;
    }
    if (found == nullptr)
        throw std::logic_error("step " + std::to_string(step.index) + " lists no transfer");
    return *found;
}

}  // namespace

std::unique_ptr<Pending> post(Group& group, const Transfer& transfer, at::Tensor& tensor) {
    switch (transfer.kind) {
        case TransferKind::Send:
            expectBytes(transfer, transfer.sentBytes, bytesOf(tensor));
            return group.send(tensor, transfer.peer, channelOf(transfer));
        case TransferKind::Receive:
            expectBytes(transfer, transfer.receivedBytes, bytesOf(tensor));
            return group.receive(tensor, transfer.peer, channelOf(transfer));
        default:
            throw std::logic_error("a " + describe(transfer) + " has no single peer");
    }
}

void exchange(Group& group, const Step& step, Moment moment, at::Tensor& out,
              const at::Tensor& in) {
    const PlaceScope place;
    tracePlace().ringStep = step.index;
    start(group, onlyTransfer(step, moment), out, in)->wait();
}

void OpenTransfers::add(const Transfer& transfer, std::unique_ptr<Pending> pending) {
    open_.push_back({transfer.payload, transfer.neededBy, std::move(pending)});
}

void OpenTransfers::complete(Payload payload, int index) {
    std::erase_if(open_, [&](const Open& open) {
        if (open.payload != payload || open.neededBy > index) return false;
        open.pending->wait();
        return true;
    });
}

}  // namespace ringscope
