#include "kernels/attention/ring_journey.h"

#include "backend/plan/mode_table.h"

#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <set>

namespace ringscope {
namespace {

using ::testing::ElementsAre;

std::string_view name(Channel channel) { return channel == Channel::KeyValue ? "KV" : "dKV"; }

struct Notes {
    std::vector<std::string> events{};
    std::set<const void*> receivedInto{};
};

// A group without others: notes what is posted and waited for, and that no buffer is used twice at
// a time.
class NotingGroup : public Group {
public:
    NotingGroup(int rank, int size) : Group(rank, size) {}

    Notes notes{};

private:
    struct Noted : Pending {
        Noted(NotingGroup& owner, std::string what, const void* buffer)
            : owner(owner), what(std::move(what)), buffer(buffer) {}
        void wait() override {
            owner.notes.events.push_back("done " + what);
            owner.inFlight_.erase(owner.inFlight_.find(buffer));
        }
        NotingGroup& owner;
        std::string what;
        const void* buffer;
    };

    std::unique_ptr<Pending> note(std::string what, const at::Tensor& tensor) {
        notes.events.push_back(what);
        inFlight_.insert(tensor.const_data_ptr());
        return std::make_unique<Noted>(*this, std::move(what), tensor.const_data_ptr());
    }
    std::unique_ptr<Group> makeWithin(const std::vector<int>& ranks) override {
        return std::make_unique<NotingGroup>(0, static_cast<int>(ranks.size()));
    }
    std::unique_ptr<Pending> doSend(const at::Tensor& tensor, int, Channel channel) override {
        EXPECT_FALSE(inFlight_.contains(tensor.const_data_ptr())) << "sent while in flight";
        return note("send " + std::string(name(channel)), tensor);
    }
    std::unique_ptr<Pending> doReceive(at::Tensor& tensor, int, Channel channel) override {
        EXPECT_FALSE(inFlight_.contains(tensor.const_data_ptr())) << "overwritten while in flight";
        notes.receivedInto.insert(tensor.const_data_ptr());
        return note("receive " + std::string(name(channel)), tensor);
    }
    std::unique_ptr<Pending> doAllToAll(at::Tensor&, const at::Tensor&) override { return {}; }
    std::unique_ptr<Pending> doAllGather(at::Tensor&, const at::Tensor&) override { return {}; }
    std::unique_ptr<Pending> doReduceScatterSum(at::Tensor&, const at::Tensor&) override {
        return {};
    }
    void doBarrier() override {}

    std::multiset<const void*> inFlight_{};
};

Notes travel(int ranks, const std::vector<Step>& pass) {
    NotingGroup group(1, ranks);
    BufferPool pool(1 << 20);
    RingJourney journey(group, pool, at::zeros({2, 1, 4, 1, 2}));
    for (const Step& step : pass) {
        journey.beginStep(step);
        group.notes.events.push_back("blocks");
        journey.endStep(step, step.blocks.empty()
                                  ? KeyGradients{}
                                  : KeyGradients{{0, 4}, at::zeros({2, 1, 4, 1, 2})});
    }
    journey.finish();
    return group.notes;
}

RankSchedule ringSteps(int ranks) {
    return stepsOf(
        findMode("ring")
            ->schedule({.ranks = ranks, .tokens = 4 * ranks, .headDim = 2, .causal = false})
            .value(),
        1);
}

TEST(RingJourney, FetchesTheNextKeysWhileAStepComputes) {
    EXPECT_THAT(travel(3, ringSteps(3).forward).events,
                ElementsAre("send KV", "receive KV", "blocks",  //
                            "done send KV", "done receive KV",  //
                            "send KV", "receive KV", "blocks",  //
                            "done send KV", "done receive KV", "blocks"));
}

TEST(RingJourney, SendsGradientsOnWhileTheNextStepComputes) {
    EXPECT_THAT(travel(3, ringSteps(3).backward).events,
                ElementsAre("send KV", "receive KV", "blocks",    //
                            "done send KV", "done receive KV",    //
                            "send KV", "receive KV", "blocks",    //
                            "send dKV",                           //
                            "done send KV", "done receive KV",    //
                            "receive dKV", "blocks",              //
                            "done send dKV", "done receive dKV",  //
                            "send dKV", "receive dKV", "blocks",  //
                            "done send dKV", "done receive dKV"));
}

TEST(RingJourney, NeedsTwoBuffersForKeysAndTwoForGradientsHoweverManyRanks) {
    for (int ranks : {3, 4, 8}) {
        EXPECT_EQ(travel(ranks, ringSteps(ranks).forward).receivedInto.size(), 2U) << ranks;
        // The gradients' own buffer of step 0 is the second one of theirs; those that come home
        // stay.
        EXPECT_LE(travel(ranks, ringSteps(ranks).backward).receivedInto.size(), 5U) << ranks;
    }
}

}  // namespace
}  // namespace ringscope
