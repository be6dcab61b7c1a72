#include "kernels/attention/transfers.h"

#include "kernels/comm/tensor_bytes.h"
#include "profiler/trace_place.h"

#include <algorithm>
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

const Transfer& collectiveOf(const Step& step, Payload payload) {
    const auto found = std::ranges::find_if(step.transfers, [&](const Transfer& transfer) {
        return transfer.payload == payload && transfer.kind != TransferKind::Send &&
               transfer.kind != TransferKind::Receive;
    });
    if (found == step.transfers.end())
        throw std::logic_error("step " + std::to_string(step.index) + " lists no collective of " +
                               std::string(payloadName(payload)));
    return *found;
}

}  // namespace

Group& groupOf(Group& group, const Transfer& transfer) {
    return transfer.among.count == 0 ? group : group.within(ranksOf(transfer.among));
}

std::unique_ptr<Pending> post(Group& group, const Transfer& transfer, at::Tensor& tensor) {
    const RankSet& among = transfer.among;
    const int peer =
        among.count == 0 ? transfer.peer : (transfer.peer - among.first) / among.stride;
    switch (transfer.kind) {
        case TransferKind::Send:
            expectBytes(transfer, transfer.sentBytes, bytesOf(tensor));
            return groupOf(group, transfer).send(tensor, peer, channelOf(transfer));
        case TransferKind::Receive:
            expectBytes(transfer, transfer.receivedBytes, bytesOf(tensor));
            return groupOf(group, transfer).receive(tensor, peer, channelOf(transfer));
        default:
            throw std::logic_error("a " + describe(transfer) + " has no single peer");
    }
}

std::unique_ptr<Pending> post(Group& group, const Transfer& transfer, at::Tensor& out,
                              const at::Tensor& in) {
    Group& among = groupOf(group, transfer);
    const std::int64_t others = among.size() - 1;
    switch (transfer.kind) {
        case TransferKind::AllToAll:
            expectBytes(transfer, transfer.sentBytes, bytesOf(in) / among.size() * others);
            return among.allToAll(out, in);
        case TransferKind::AllGather:
            expectBytes(transfer, transfer.sentBytes, bytesOf(in) * others);
            return among.allGather(out, in);
        case TransferKind::ReduceScatter:
            expectBytes(transfer, transfer.sentBytes, bytesOf(out) * others);
            return among.reduceScatterSum(out, in);
        default:
            throw std::logic_error("a " + describe(transfer) + " is not a collective");
    }
}

void exchange(Group& group, const Step& step, Payload payload, at::Tensor& out,
              const at::Tensor& in) {
    const PlaceScope place;
    // Sums come before all steps: what modes are told apart by does not count them.
    tracePlace().ringStep = payload == Payload::BlockSums ? -1 : step.index;
    post(group, collectiveOf(step, payload), out, in)->wait();
}

void OpenTransfers::add(const Transfer& transfer, std::unique_ptr<Pending> pending,
                        const at::Tensor& tensor) {
    open_.push_back({transfer.payload, transfer.neededBy, std::move(pending), tensor});
}

bool OpenTransfers::uses(const at::Tensor& tensor) const {
    return std::ranges::any_of(open_,
                               [&](const Open& open) { return open.tensor.is_same(tensor); });
}

void OpenTransfers::complete(Payload payload, int index) {
    std::erase_if(open_, [&](const Open& open) {
        if (open.payload != payload || open.neededBy > index) return false;
        open.pending->wait();
        return true;
    });
}

}  // namespace ringscope
