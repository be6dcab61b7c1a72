// What a caller may do between a forward pass and its backward pass: compute the layer again, run
// other layers, attend under another batch's mask.
#include "backend/plan/blocks.h"
#include "backend/plan/mode_table.h"
#include "kernels/attention/attention.h"
#include "profiler/trace_place.h"
#include "tests/kernels/comm/rank_threads.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <optional>

namespace ringscope {
namespace {

constexpr std::int64_t tokens = 32;
constexpr std::int64_t heads = 4;
constexpr std::int64_t kvHeads = 2;
constexpr std::int64_t headDim = 8;

// One forward pass, and the tensors that its backward pass gives gradients to.
struct Pass {
    at::Tensor q;
    at::Tensor k;
    at::Tensor v;
    at::Tensor out;

    const Pass& backward() const {
        out.backward(at::ones_like(out));
        return *this;
    }
};

bool sameNumbers(const Pass& a, const Pass& b) {
    return at::equal(a.out, b.out) && at::equal(a.q.grad(), b.q.grad()) &&
           at::equal(a.k.grad(), b.k.grad()) && at::equal(a.v.grad(), b.v.grad());
}

// One rank with the layer's inputs.
struct RankAtWork {
    const Attention& attention;
    const Schedule& schedule;
    int rank;
    at::Tensor q;
    at::Tensor k;
    at::Tensor v;

    Pass forward(const AttentionCall& call) const {
        const auto leaf = [](const at::Tensor& tensor) { return tensor.clone().requires_grad_(); };
        Pass pass{leaf(q), leaf(k), leaf(v), {}};
        pass.out = attention.attend(call, pass.q, pass.k, pass.v);
        return pass;
    }

    AttentionCall callFor(std::vector<std::int64_t> documents) const {
        AttentionMask mask = schedule.mask;
        mask.documents = std::move(documents);
        RankSchedule steps = maskedSteps(schedule, rank, mask);
        return {.blocks = std::make_shared<AttentionBlocks>(std::move(steps), mask)};
    }
};

class AttentionCalls : public ::testing::TestWithParam<std::string> {
protected:
    void onEachRank(const std::function<void(const RankAtWork&)>& body) const {
        const Mode& mode = *findMode(GetParam());
        const int ranks = mode.sharded ? 2 : 1;
        const AttentionShape shape{.ranks = ranks,
                                   .tokens = tokens,
                                   .heads = heads,
                                   .kvHeads = kvHeads,
                                   .headDim = headDim};
        const Schedule schedule = masked(mode.schedule(shape).value(), {.causal = true});
        const std::int64_t rows = schedule.replicated ? tokens : tokens / ranks;
        test::runRanks(ranks, [&](Group& group) {
            const auto attention =
                Attention::make(schedule, group.rank(), group, {.dropout = 0.25}).value();
            body({*attention, schedule, group.rank(), at::randn({1, rows, heads, headDim}),
                  at::randn({1, rows, kvHeads, headDim}), at::randn({1, rows, kvHeads, headDim})});
        });
    }
};

TEST_P(AttentionCalls, GiveTheSameNumbersWhateverTheTracesPlaceIs) {
    onEachRank([](const RankAtWork& rank) {
        const Pass here = rank.forward({.layer = 1}).backward();
        const PlaceScope place;
        tracePlace() = {.step = 5, .layer = 7, .ringStep = 1, .pass = SpanPass::Update};
        EXPECT_TRUE(sameNumbers(here, rank.forward({.layer = 1}).backward()));
    });
}

TEST_P(AttentionCalls, LeaveTheTracesPlaceAsItWas) {
    onEachRank([](const RankAtWork& rank) {
        const PlaceScope place;
        tracePlace() = {.step = 5, .layer = 7, .ringStep = 1, .pass = SpanPass::Update};
        rank.forward({.layer = 1}).backward();
        EXPECT_EQ(tracePlace().step, 5);
        EXPECT_EQ(tracePlace().layer, 7);
        EXPECT_EQ(tracePlace().ringStep, 1);
        EXPECT_EQ(tracePlace().pass, SpanPass::Update);
    });
}

// As recomputation will.
TEST_P(AttentionCalls, GiveALayerThatIsComputedTwiceTheSameNumbersBothTimes) {
    onEachRank([](const RankAtWork& rank) {
        const Pass first = rank.forward({.layer = 3, .seed = 9});
        const Pass second = rank.forward({.layer = 3, .seed = 9});
        EXPECT_TRUE(sameNumbers(first.backward(), second.backward()));
    });
}

TEST_P(AttentionCalls, KeepTheirBlocksWhenOtherBlocksComeBeforeTheBackwardPass) {
    onEachRank([](const RankAtWork& rank) {
        const AttentionCall early = rank.callFor({0, 5, tokens});
        const AttentionCall late = rank.callFor({0, 20, tokens});
        const Pass earlyAlone = rank.forward(early).backward();
        const Pass lateAlone = rank.forward(late).backward();
        EXPECT_FALSE(at::equal(earlyAlone.q.grad(), lateAlone.q.grad()));

        const Pass first = rank.forward(early);
        const Pass second = rank.forward(late);
        EXPECT_TRUE(sameNumbers(earlyAlone, first.backward()));
        EXPECT_TRUE(sameNumbers(lateAlone, second.backward()));
    });
}

TEST_P(AttentionCalls, KeepTheirBlocksWhenTheCallerLetsGoOfThem) {
    onEachRank([](const RankAtWork& rank) {
        std::optional<AttentionCall> call = rank.callFor({0, 5, tokens});
        const Pass alone = rank.forward(*call).backward();
        const Pass pass = rank.forward(*call);
        call.reset();
        EXPECT_TRUE(sameNumbers(alone, pass.backward()));
    });
}

TEST_P(AttentionCalls, OfTwoLayersMayOverlap) {
    onEachRank([](const RankAtWork& rank) {
        const Pass zeroAlone = rank.forward({.layer = 0}).backward();
        const Pass oneAlone = rank.forward({.layer = 1}).backward();
        const Pass zero = rank.forward({.layer = 0});
        const Pass one = rank.forward({.layer = 1});
        EXPECT_TRUE(sameNumbers(zeroAlone, zero.backward()));
        EXPECT_TRUE(sameNumbers(oneAlone, one.backward()));
    });
}

TEST_P(AttentionCalls, DropOtherWeightsForAnotherLayerOrSeed) {
    onEachRank([](const RankAtWork& rank) {
        const at::Tensor out = rank.forward({.layer = 0, .seed = 1}).out;
        EXPECT_FALSE(at::equal(out, rank.forward({.layer = 1, .seed = 1}).out));
        EXPECT_FALSE(at::equal(out, rank.forward({.layer = 0, .seed = 2}).out));
    });
}

INSTANTIATE_TEST_SUITE_P(Modes, AttentionCalls, ::testing::ValuesIn(modeNames()),
                         [](const auto& info) {
                             std::string name = info.param;
                             std::erase(name, '-');
                             return name;
                         });

}  // namespace
}  // namespace ringscope
