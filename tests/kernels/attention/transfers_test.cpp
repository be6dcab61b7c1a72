#include "kernels/attention/transfers.h"

#include "tests/kernels/attention/noting_group.h"

#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>

namespace ringscope {
namespace {

using test::NotingGroup;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

constexpr std::int64_t bytes = 8 * 4;  // of eight floats

Transfer sendTo(int peer) { return {.kind = TransferKind::Send, .peer = peer, .sentBytes = bytes}; }
Transfer receiveFrom(int peer) {
    return {.kind = TransferKind::Receive, .peer = peer, .receivedBytes = bytes};
}

TEST(Transfers, GoToThePeerThatTheScheduleNames) {
    NotingGroup group(1, 4);
    at::Tensor tensor = at::zeros({8});
    at::Tensor other = at::zeros({8});
    post(group, sendTo(2), tensor)->wait();
    post(group, receiveFrom(0), other)->wait();
    EXPECT_THAT(group.notes.peers, ElementsAre(2, 0));
}

TEST(Transfers, AmongSomeRanksGoToThePeersPlaceAmongThem) {
    NotingGroup group(3, 8);
    Transfer transfer = sendTo(5);
    transfer.among = {.first = 1, .count = 4, .stride = 2};  // 1, 3, 5, 7
    at::Tensor tensor = at::zeros({8});
    post(group, transfer, tensor)->wait();
    EXPECT_THAT(group.notes.peers, IsEmpty());
    const auto& among = static_cast<NotingGroup&>(group.within({1, 3, 5, 7}));
    EXPECT_THAT(among.notes.peers, ElementsAre(2));
}

TEST(Transfers, OfOtherBytesThanTheSchedulesAreRefused) {
    NotingGroup group(0, 2);
    at::Tensor longer = at::zeros({9});
    at::Tensor whole = at::zeros({18});
    EXPECT_THAT([&] { post(group, sendTo(1), longer); },
                ThrowsMessage<std::logic_error>(
                    "the schedule's send of KV has 32 bytes, the tensor has 36"));
    EXPECT_THAT([&] { post(group, receiveFrom(1), longer); },
                ThrowsMessage<std::logic_error>(
                    "the schedule's receive of KV has 32 bytes, the tensor has 36"));
    const Transfer gather{.kind = TransferKind::AllGather, .sentBytes = bytes};
    EXPECT_THAT([&] { post(group, gather, whole, longer); },
                ThrowsMessage<std::logic_error>(
                    "the schedule's all-gather of KV has 32 bytes, the tensor has 36"));
    EXPECT_THAT(group.notes.events, IsEmpty());
}

TEST(Transfers, OfAKindThatDoesNotFitAreRefused) {
    NotingGroup group(0, 2);
    at::Tensor tensor = at::zeros({8});
    const Transfer sum{.kind = TransferKind::ReduceScatter};
    EXPECT_THAT([&] { post(group, sum, tensor); },
                ThrowsMessage<std::logic_error>("a reduce-scatter of KV has no single peer"));
    EXPECT_THAT([&] { post(group, sendTo(1), tensor, tensor); },
                ThrowsMessage<std::logic_error>("a send of KV is not a collective"));
    Transfer output = sendTo(1);
    output.payload = Payload::Output;
    EXPECT_THAT([&] { post(group, output, tensor); },
                ThrowsMessage<std::logic_error>("no channel carries a send of out"));
}

TEST(Transfers, AreExchangedAsTheStepListsThem) {
    NotingGroup group(0, 2);
    at::Tensor out = at::zeros({2, 8});
    const at::Tensor in = at::zeros({8});
    const Step step{
        .index = 4,
        .transfers = {
            sendTo(1),
            {.kind = TransferKind::AllGather, .payload = Payload::Output, .sentBytes = bytes}}};
    exchange(group, step, Payload::Output, out, in);
    EXPECT_THAT(group.notes.events, ElementsAre("all-gather", "done all-gather"));
    EXPECT_THAT([&] { exchange(group, step, Payload::KeyValue, out, in); },
                ThrowsMessage<std::logic_error>("step 4 lists no collective of KV"));
}

TEST(OpenTransfers, WaitForThosePayloadsThatAStepNeeds) {
    NotingGroup group(0, 2);
    OpenTransfers open;
    at::Tensor first = at::zeros({8}), second = at::zeros({8}), gradients = at::zeros({8});
    const auto add = [&](Transfer transfer, int neededBy, at::Tensor& tensor) {
        transfer.neededBy = neededBy;
        open.add(transfer, post(group, transfer, tensor), tensor);
    };
    Transfer ofGradients = sendTo(1);
    ofGradients.payload = Payload::KeyValueGrad;
    add(sendTo(1), 1, first);
    add(receiveFrom(1), 2, second);
    add(ofGradients, 1, gradients);
    group.notes.events.clear();

    open.complete(Payload::KeyValue, 1);
    EXPECT_THAT(group.notes.events, ElementsAre("done send KV"));
    EXPECT_FALSE(open.uses(first));
    EXPECT_TRUE(open.uses(second));
    EXPECT_TRUE(open.uses(gradients));

    open.complete(Payload::KeyValueGrad, 1);
    open.complete(Payload::KeyValue, 2);
    EXPECT_THAT(group.notes.events,
                ElementsAre("done send KV", "done send dKV", "done receive KV"));
    EXPECT_FALSE(open.uses(second));
}

}  // namespace
}  // namespace ringscope
