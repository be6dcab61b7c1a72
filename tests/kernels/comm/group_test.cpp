#include "kernels/comm/group.h"

#include "tests/kernels/comm/rank_threads.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <gmock/gmock.h>
#include <latch>
#include <thread>

namespace ringscope {
namespace {

using test::runRanks;
using ::testing::AllOf;
using ::testing::HasSubstr;

// 0, 1, 2, ... and 100 for each rank.
at::Tensor numbers(int rank, std::int64_t count, at::ScalarType type = at::kFloat) {
    return at::arange(count, at::TensorOptions(type)) + 100 * rank;
}

TEST(Group, DeliversWhatTheNeighbourSent) {
    for (int size : {2, 3, 4}) {
        runRanks(size, [](Group& group) {
            const int next = (group.rank() + 1) % group.size();
            const int previous = (group.rank() + group.size() - 1) % group.size();
            at::Tensor got = at::zeros({8});
            const auto incoming = group.receive(got, previous, Channel::KeyValue);
            const auto outgoing = group.send(numbers(group.rank(), 8), next, Channel::KeyValue);
            incoming->wait();
            outgoing->wait();
            outgoing->wait();  // waiting twice is waiting once
            EXPECT_TRUE(at::equal(got, numbers(previous, 8)));
        });
    }
}

TEST(Group, KeepsChannelsApartWhateverTheirOrder) {
    runRanks(2, [](Group& group) {
        const int peer = 1 - group.rank();
        at::Tensor keys = at::zeros({4});
        at::Tensor gradients = at::zeros({4});
        const auto gradientsIn = group.receive(gradients, peer, Channel::KeyValueGrad);
        const auto keysIn = group.receive(keys, peer, Channel::KeyValue);
        const auto keysOut = group.send(at::full({4}, 1.0), peer, Channel::KeyValue);
        const auto gradientsOut = group.send(at::full({4}, 2.0), peer, Channel::KeyValueGrad);
        for (Pending* pending :
             {keysIn.get(), gradientsIn.get(), keysOut.get(), gradientsOut.get()})
            pending->wait();
        EXPECT_TRUE(at::equal(keys, at::full({4}, 1.0)));
        EXPECT_TRUE(at::equal(gradients, at::full({4}, 2.0)));
    });
}

TEST(Group, HasGroupsOfSomeOfItsRanksThatAreMadeOnce) {
    runRanks(4, [](Group& whole) {
        const std::vector<int> ranks =
            whole.rank() % 2 == 0 ? std::vector{0, 2} : std::vector{1, 3};
        Group& group = whole.within(ranks);
        EXPECT_EQ(&whole.within(ranks), &group);
        EXPECT_EQ(&whole.within({0, 1, 2, 3}), &whole);
        EXPECT_EQ(group.size(), 2);
        EXPECT_EQ(group.rank(), whole.rank() / 2);

        at::Tensor gathered = at::zeros({2, 3});
        group.allGather(gathered, numbers(whole.rank(), 3))->wait();
        for (int member = 0; member < 2; ++member)
            EXPECT_TRUE(
                at::equal(gathered[member], numbers(ranks[static_cast<std::size_t>(member)], 3)));

        at::Tensor got = at::zeros({3});
        const int peer = 1 - group.rank();
        const auto incoming = group.receive(got, peer, Channel::KeyValue);
        group.send(numbers(whole.rank(), 3), peer, Channel::KeyValue)->wait();
        incoming->wait();
        EXPECT_TRUE(at::equal(got, numbers(ranks[static_cast<std::size_t>(peer)], 3)));
    });
}

TEST(Group, CountsWhatAGroupWithinItSends) {
    runRanks(3, [](Group& whole) {
        if (whole.rank() == 2) return;
        const PurposeScope purpose(whole, Purpose::Attention);
        at::Tensor gathered = at::zeros({2, 3});
        whole.within({0, 1}).allGather(gathered, numbers(whole.rank(), 3))->wait();
        EXPECT_EQ(whole.sent().attention, 12);
        EXPECT_THROW(whole.within({1 - whole.rank(), 2}), std::logic_error);
    });
}

TEST(Group, MayHaveGroupsWithinAGroupWithinIt) {
    runRanks(6, [](Group& whole) {
        if (whole.rank() % 2 == 0) return;
        Group& odd = whole.within({1, 3, 5});
        if (odd.rank() == 0) return;
        Group& last = odd.within({1, 2});
        EXPECT_EQ(last.rank(), odd.rank() - 1);
        const PurposeScope purpose(odd, Purpose::Attention);
        at::Tensor gathered = at::zeros({2, 3});
        last.allGather(gathered, numbers(whole.rank(), 3))->wait();
        EXPECT_TRUE(at::equal(gathered[0], numbers(3, 3)));
        EXPECT_TRUE(at::equal(gathered[1], numbers(5, 3)));
        EXPECT_EQ(whole.sent().attention, 12);
    });
}

TEST(Group, AllToAllGivesEachRankItsSliceInRankOrder) {
    for (int size : {1, 2, 3}) {
        runRanks(size, [](Group& group) {
            at::Tensor got = at::zeros({group.size(), 2});
            group.allToAll(got, numbers(group.rank(), 2 * group.size()).view({-1, 2}))->wait();
            for (int from = 0; from < group.size(); ++from)
                EXPECT_TRUE(at::equal(got[from],
                                      numbers(from, 2 * group.size()).view({-1, 2})[group.rank()]));
        });
    }
}

TEST(Group, AllGatherPutsRanksInOrder) {
    runRanks(3, [](Group& group) {
        at::Tensor got = at::zeros({3, 5});
        group.allGather(got, numbers(group.rank(), 5))->wait();
        for (int from = 0; from < 3; ++from) EXPECT_TRUE(at::equal(got[from], numbers(from, 5)));
    });
}

TEST(Group, ReduceScatterSumsTheOwnSliceInEveryType) {
    for (at::ScalarType type : {at::kFloat, at::kDouble, at::kBFloat16, at::kHalf}) {
        runRanks(3, [type](Group& group) {
            at::Tensor got = at::zeros({4}, type);
            group.reduceScatterSum(got, numbers(group.rank(), 12, type))->wait();
            const at::Tensor mine = numbers(0, 12).view({3, 4})[group.rank()];
            EXPECT_TRUE(at::equal(got, (3 * mine + 300).to(type))) << type;
        });
    }
}

TEST(Group, SumsOfHalvesAreRoundedOnce) {
    runRanks(4, [](Group& group) {
        // 256 + 1 is 256 in bfloat16, so a sum rounded at every rank would lose all the ones.
        at::Tensor got = at::zeros({1}, at::kBFloat16);
        group.reduceScatterSum(got, at::full({4}, group.rank() == 0 ? 256 : 1, at::kBFloat16))
            ->wait();
        EXPECT_EQ(got.item<float>(), 260);
    });
}

TEST(Group, AllReduceGivesEveryRankTheSameBits) {
    runRanks(3, [](Group& group) {
        at::Tensor value = at::full({2, 2}, 0.1 * (group.rank() + 1), at::kDouble);
        group.allReduceSum(value);
        EXPECT_TRUE(at::equal(value, at::full({2, 2}, 0.1 + 0.2 + 0.1 * 3, at::kDouble)));
    });
}

TEST(Group, CountsWhatLeavesTheRankByPurpose) {
    runRanks(4, [](Group& group) {
        const int next = (group.rank() + 1) % 4;
        const int previous = (group.rank() + 3) % 4;
        at::Tensor whole = at::zeros({16});
        at::Tensor slice = at::zeros({4});
        {
            const PurposeScope scope(group, Purpose::Attention);
            const auto incoming = group.receive(whole, previous, Channel::KeyValue);
            const at::Tensor ours = at::zeros({16});
            const auto outgoing = group.send(ours, next, Channel::KeyValue);
            incoming->wait();
            outgoing->wait();
            at::Tensor swapped = at::zeros({16});
            group.allToAll(swapped, whole)->wait();
        }
        {
            const PurposeScope scope(group, Purpose::Gradient);
            group.allGather(whole, slice)->wait();
            group.reduceScatterSum(slice, whole)->wait();
        }
        at::Tensor scalar = at::zeros({1}, at::kDouble);
        group.allReduceSum(scalar);
        EXPECT_EQ(group.sent(),
                  (Traffic{.attention = 64 + 48, .gradient = 48 + 48, .other = 3 * 8}));
        group.resetSent();
        EXPECT_EQ(group.sent().total(), 0);
    });
}

TEST(Group, RefusesTensorsThatDoNotFit) {
    runRanks(1, [](Group& group) {
        at::Tensor out = at::zeros({3});
        EXPECT_THROW(group.allGather(out, at::zeros({2})), std::logic_error);
        EXPECT_THROW(group.send(at::zeros({4, 4}).t(), 0, Channel::KeyValue), std::logic_error);
    });
}

TEST(Group, NamesTheRankThatIsGone) {
    const auto host = hostRendezvous("127.0.0.1", "secret");
    ASSERT_TRUE(host.ok());
    std::latch met(1);
    std::jthread leaves([&met, port = (*host)->port()] {
        const auto rendezvous = joinRendezvous("127.0.0.1", port, "secret");
        ASSERT_TRUE(rendezvous.ok());
        const auto group = makeGroup(**rendezvous, {.rank = 1, .size = 2});
        EXPECT_TRUE(group.ok());
        met.wait();
    });
    const auto group = makeGroup(**host, {.rank = 0, .size = 2});
    met.count_down();
    ASSERT_TRUE(group.ok()) << group.error().message;
    std::string sentence;
    try {
        at::Tensor got = at::zeros({8});
        (*group)->receive(got, 1, Channel::KeyValueGrad)->wait();
    } catch (const GroupError& error) {
        sentence = error.what();
    }
    // Closed or reset: as the network noticed it.
    EXPECT_THAT(sentence, AllOf(HasSubstr("rank 0: receiving dKV from rank 1 failed: "),
                                HasSubstr("by peer")));
    EXPECT_EQ(sentence.find('\n'), std::string::npos);
}

TEST(FailureSentence, SaysWhatToLowerWhereMemoryHasNoRoom) {
    const auto of = [](const char* cause) {
        return failureSentence("training", std::runtime_error(cause));
    };
    EXPECT_EQ(
        of("[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate "
           "memory: you tried to allocate 60000000000 bytes. Error code 12"),
        "training failed: the host's memory has no room for 60000000000 bytes at once; lower "
        "train.seq_len, train.batch or the model, or use more ranks");
    EXPECT_EQ(of("CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity"),
              "training failed: the GPU's memory has no room for 20.00 GiB at once; lower "
              "train.seq_len, train.batch or the model, or use more ranks");
    EXPECT_EQ(of("shape mismatch"), "training failed: shape mismatch");
}

TEST(RendezvousStore, SaysWhichHostDidNotAnswer) {
    const auto rendezvous =
        joinRendezvous("127.0.0.1", 1, "secret", std::chrono::milliseconds(200));
    ASSERT_FALSE(rendezvous.ok());
    EXPECT_THAT(rendezvous.error().message, HasSubstr("reaching rank 0 at 127.0.0.1:1 failed"));
    EXPECT_THAT(joinRendezvous("127.0.0.1", 70000, "secret").error().message,
                HasSubstr("port 70000 is none"));
}

TEST(RendezvousStore, RefusesARankOutsideTheGroupAndAnUnknownDevice) {
    const auto rendezvous = hostRendezvous("127.0.0.1", "secret");
    ASSERT_TRUE(rendezvous.ok());
    EXPECT_EQ(makeGroup(**rendezvous, {.rank = 2, .size = 2}).error().message,
              "rank 2 is not one of 2 ranks");
    EXPECT_EQ(makeGroup(**rendezvous, {.device = "tpu"}).error().message,
              "there is no device 'tpu'; use cpu or cuda");
}

}  // namespace
}  // namespace ringscope
