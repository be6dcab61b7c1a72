#include "kernels/attention/key_gather.h"

#include "tests/kernels/attention/noting_group.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>
#include <gmock/gmock.h>

namespace ringscope {
namespace {

using test::NotingGroup;
using ::testing::ElementsAre;
using ::testing::ThrowsMessage;

constexpr int gatherRanks = 2;
constexpr std::int64_t keyHeads = 2;
constexpr std::int64_t rankRows = 3;  // of each rank
constexpr std::int64_t keySize = 4;

std::int64_t bytesOf(const HeadSpan& span) { return 2 * rankRows * span.size() * keySize * 4; }

Transfer gatherFor(int step, const HeadSpan& span) {
    return {.kind = TransferKind::AllGather,
            .payload = Payload::KeyValue,
            .posted = PostTime::BeforeBlocks,
            .neededBy = step,
            .sentBytes = bytesOf(span),
            .receivedBytes = bytesOf(span)};
}

Transfer sumFor(int step, const HeadSpan& span) {
    return {.kind = TransferKind::ReduceScatter,
            .payload = Payload::KeyValueGrad,
            .posted = PostTime::AfterBlocks,
            .neededBy = step,
            .sentBytes = bytesOf(span),
            .receivedBytes = bytesOf(span)};
}

// A step for each of these heads; each step starts the next one's gather, and, with gradients, the
// sum of its own that the next step completes.
std::vector<Step> passOver(const std::vector<HeadSpan>& spans, bool gradients) {
    std::vector<Step> pass;
    for (int index = 0; index < static_cast<int>(spans.size()); ++index) {
        const auto at = static_cast<std::size_t>(index);
        Step step{.index = index, .heads = spans[at]};
        if (index == 0) step.transfers.push_back(gatherFor(0, spans[0]));
        if (at + 1 < spans.size()) step.transfers.push_back(gatherFor(index + 1, spans[at + 1]));
        if (gradients) step.transfers.push_back(sumFor(index + 1, spans[at]));
        pass.push_back(std::move(step));
    }
    return pass;
}

class KeyGathering : public ::testing::Test {
protected:
    KeyGather gatherIn(const std::vector<Step>& pass) { return {part_, pass, at::stack({k_, v_})}; }

    // Of every rank, as each holds the same: (2, B, S, h, D).
    at::Tensor keysOf(const HeadSpan& span) const {
        const at::Tensor own = at::stack({k_, v_}).narrow(3, span.begin, span.size());
        return at::cat({own, own}, 2);
    }

    const at::Tensor k_ = at::arange(rankRows * keyHeads * keySize)
                              .view({1, rankRows, keyHeads, keySize})
                              .to(at::kFloat);
    const at::Tensor v_ = k_.add(100);
    const ShardLayout owned_ =
        contiguousLayout({.worldSize = gatherRanks, .tokens = gatherRanks * rankRows}).value();
    RankSchedule steps_;
    NotingGroup group_{1, gatherRanks};
    BufferPool pool_{1 << 20};
    RankPart part_{steps_, owned_, group_, pool_};
};

TEST_F(KeyGathering, BringsTheHeadsOfEachStepInTokenOrder) {
    steps_.forward = passOver({{0, 1}, {1, 2}}, false);
    KeyGather gather = gatherIn(steps_.forward);
    for (const Step& step : steps_.forward)
        EXPECT_TRUE(at::equal(gather.begin(step), keysOf(step.heads))) << "step " << step.index;
}

TEST_F(KeyGathering, BringsTheHeadsOfTheBackwardPassInItsOwnOrder) {
    steps_.forward = passOver({{0, 1}, {1, 2}}, false);
    steps_.backward = passOver({{1, 2}, {0, 1}}, true);
    KeyGather gather = gatherIn(steps_.backward);
    for (const Step& step : steps_.backward) {
        const at::Tensor keys = gather.begin(step);
        EXPECT_TRUE(at::equal(keys, keysOf(step.heads))) << "step " << step.index;
        gather.end(step, keys);
    }
    gather.finish();
    EXPECT_TRUE(at::equal(gather.gradients(), at::stack({k_, v_}).mul(gatherRanks)));
}

TEST_F(KeyGathering, BringsHeadsInOtherGroupsBackwardsThanForwards) {
    steps_.forward = passOver({{0, 2}}, false);
    steps_.backward = passOver({{0, 1}, {1, 2}}, true);
    KeyGather gather = gatherIn(steps_.backward);
    for (const Step& step : steps_.backward) {
        const at::Tensor keys = gather.begin(step);
        EXPECT_TRUE(at::equal(keys, keysOf(step.heads))) << "step " << step.index;
        gather.end(step, keys);
    }
    gather.finish();
    EXPECT_TRUE(at::equal(gather.gradients(), at::stack({k_, v_}).mul(gatherRanks)));
}

TEST_F(KeyGathering, GathersTheNextHeadsAndSumsTheLastGradientsWhileAStepComputes) {
    steps_.backward = passOver({{0, 1}, {1, 2}}, true);
    KeyGather gather = gatherIn(steps_.backward);
    for (const Step& step : steps_.backward) {
        const at::Tensor keys = gather.begin(step);
        group_.notes.events.emplace_back("blocks");
        gather.end(step, keys);
    }
    gather.finish();
    EXPECT_THAT(group_.notes.events,
                ElementsAre("all-gather", "all-gather", "done all-gather", "blocks",
                            "reduce-scatter", "done all-gather", "blocks", "done reduce-scatter",
                            "reduce-scatter", "done reduce-scatter"));
}

TEST_F(KeyGathering, GivesItsBuffersBack) {
    steps_.backward = passOver({{0, 1}, {1, 2}}, true);
    {
        KeyGather gather = gatherIn(steps_.backward);
        for (const Step& step : steps_.backward) gather.end(step, gather.begin(step));
        gather.finish();
        EXPECT_EQ(pool_.inUse(), 0);
    }
    EXPECT_EQ(pool_.inUse(), 0);
}

TEST_F(KeyGathering, SaysWhichStepLacksItsKeys) {
    steps_.forward = {{.index = 0, .heads = {0, 1}}};
    KeyGather gather = gatherIn(steps_.forward);
    EXPECT_THAT([&] { gather.begin(steps_.forward[0]); },
                ThrowsMessage<std::logic_error>("step 0 gathers no keys"));
}

}  // namespace
}  // namespace ringscope
