#include "tests/kernels/attention/conformance.h"

#include "kernels/attention/attention.h"
#include "tests/kernels/comm/rank_threads.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>

namespace ringscope {
namespace {

using test::ConformanceCase;
using test::everyCell;
using test::findDeviations;
using test::legalCases;
using test::refusalOf;
using test::runRanks;
using test::tightCases;

class EveryMode : public ::testing::TestWithParam<std::string> {};

TEST_P(EveryMode, IsFullAttentionForwardAndBackwardAndSendsWhatIsScheduled) {
    const Mode& mode = *findMode(GetParam());
    for (int ranks : {1, 2, 3, 4, 6, 8}) {
        const std::vector<ConformanceCase> cases = legalCases(mode, ranks);
        if (cases.empty()) continue;
        runRanks(ranks, [&](Group& group) {
            for (const ConformanceCase& testCase : cases)
                EXPECT_EQ(findDeviations(testCase, group), "")
                    << testCase.name() << ", rank " << group.rank();
        });
    }
}

// Every cell is full attention or is refused with a reason. These heads and lengths divide, so no
// mode has one but that none is for one rank.
TEST_P(EveryMode, IsFullAttentionUnderEveryMaskRuleAndType) {
    const Mode& mode = *findMode(GetParam());
    for (int ranks : {1, 2, 3, 4, 8}) {
        std::vector<ConformanceCase> cases = everyCell(mode, ranks);
        std::erase_if(cases, [&](const ConformanceCase& cell) {
            const std::string refusal = refusalOf(cell);
            EXPECT_EQ(refusal, mode.sharded || ranks == 1
                                   ? ""
                                   : "none keeps the whole sequence on one rank; got " +
                                         std::to_string(ranks) + " ranks")
                << cell.name();
            return !refusal.empty();
        });
        if (cases.empty()) continue;
        runRanks(ranks, [&](Group& group) {
            for (const ConformanceCase& testCase : cases)
                EXPECT_EQ(findDeviations(testCase, group), "")
                    << testCase.name() << ", rank " << group.rank();
        });
    }
}

// Heads in turns, unpacked, synchronous: the same results and bytes, within the limit.
TEST_P(EveryMode, IsFullAttentionWithinEveryLimitOfItsBuffers) {
    const Mode& mode = *findMode(GetParam());
    for (int ranks : mode.sharded ? std::vector{2, 4} : std::vector{1}) {
        std::vector<ConformanceCase> cases;
        for (const ConformanceCase& cell : everyCell(mode, ranks)) {
            if (cell.feature != "all" || cell.type == at::kHalf) continue;
            const std::vector<ConformanceCase> tight = tightCases(cell);
            cases.insert(cases.end(), tight.begin(), tight.end());
        }
        EXPECT_EQ(cases.empty(), ranks == 1);
        if (cases.empty()) continue;
        runRanks(ranks, [&](Group& group) {
            for (const ConformanceCase& testCase : cases)
                EXPECT_EQ(findDeviations(testCase, group), "")
                    << testCase.name() << ", rank " << group.rank();
        });
    }
}

std::string nameOf(const ::testing::TestParamInfo<std::string>& info) {
    std::string name = info.param;
    std::erase(name, '-');
    return name;
}

INSTANTIATE_TEST_SUITE_P(Modes, EveryMode, ::testing::ValuesIn(modeNames()), nameOf);

class EveryLayout : public ::testing::TestWithParam<test::LaidOutMode> {};

// In fp64, so that nothing hides in rounding: under every mask and rule, and within tight buffers.
TEST_P(EveryLayout, IsFullAttentionUnderEveryMaskAndRuleAndSendsWhatIsScheduled) {
    for (int ranks : {1, 2, 3, 4}) {
        std::vector<ConformanceCase> cases;
        for (ConformanceCase cell : everyCell(*GetParam().mode, ranks)) {
            if (cell.type != at::kDouble) continue;
            cell.layout = GetParam().layout;
            EXPECT_EQ(refusalOf(cell), "") << cell.name();
            cases.push_back(cell);
            if (cell.feature != "all" || ranks != 4) continue;
            const std::vector<ConformanceCase> tight = tightCases(cell);
            cases.insert(cases.end(), tight.begin(), tight.end());
        }
        runRanks(ranks, [&](Group& group) {
            for (const ConformanceCase& testCase : cases)
                EXPECT_EQ(findDeviations(testCase, group), "")
                    << testCase.name() << ", rank " << group.rank();
        });
    }
}

std::vector<test::LaidOutMode> chosenLayouts() {
    std::vector<test::LaidOutMode> all = test::laidOutModes();
    std::erase_if(all, [](const test::LaidOutMode& each) { return each.layout.isModes(); });
    return all;
}

INSTANTIATE_TEST_SUITE_P(Layouts, EveryLayout, ::testing::ValuesIn(chosenLayouts()),
                         [](const auto& info) { return info.param.name(); });

TEST(Conformance, CoversEveryModeOnSeveralRanksWithAllHeadGroupings) {
    for (const Mode& mode : modeTable()) {
        for (int ranks : mode.sharded ? std::vector{1, 2, 3, 4, 6, 8} : std::vector{1}) {
            bool grouped = false, single = false, causal = false, full = false;
            for (const ConformanceCase& testCase : legalCases(mode, ranks)) {
                grouped |=
                    testCase.shape.kvHeads > 1 && testCase.shape.kvHeads < testCase.shape.heads;
                single |= testCase.shape.kvHeads == 1;
                (testCase.shape.causal ? causal : full) = true;
            }
            EXPECT_TRUE(grouped && single && causal && full)
                << mode.name << " on " << ranks << " ranks";
        }
    }
}

TEST(Attention, RefusesAGroupThatTheScheduleIsNotFor) {
    const Schedule schedule = findMode("ring")->schedule({.ranks = 2, .tokens = 8}).value();
    runRanks(1, [&](Group& group) {
        EXPECT_EQ(Attention::make(schedule, 0, group).error().message,
                  "the schedule is for rank 0 of 2, the group has rank 0 of 1");
    });
}

TEST(Attention, RefusesShardsOutOfOrderWhereRanksAreJoinedInOrder) {
    Schedule schedule =
        findMode("ulysses")->schedule({.ranks = 2, .tokens = 8, .heads = 2}).value();
    schedule.owned = {schedule.owned.spansOf(1), schedule.owned.spansOf(0)};
    runRanks(2, [&](Group& group) {
        EXPECT_EQ(Attention::make(schedule, group.rank(), group).error().message,
                  "all-to-all attention needs each rank's tokens before the next rank's");
    });
}

TEST(Attention, NeverSendsOtherBytesThanTheSchedules) {
    const Schedule schedule =
        findMode("ring")->schedule({.ranks = 2, .tokens = 8, .causal = false}).value();
    runRanks(2, [&](Group& group) {
        const auto attention = Attention::make(schedule, group.rank(), group).value();
        const at::Tensor tooLong = at::zeros({1, 8, 1, 1});
        EXPECT_THAT([&] { attention->forward({}, tooLong, tooLong, tooLong); },
                    ::testing::ThrowsMessage<std::logic_error>(
                        "the schedule's send of KV has 32 bytes, the tensor has 64"));
    });
}

TEST(Attention, UsesItsBuffersAgainFromLayerToLayerAndStepToStep) {
    for (const char* name : {"ring", "zigzag", "ulysses", "llama3", "legacy"}) {
        const ConformanceCase testCase = legalCases(*findMode(name), 3).front();
        const Schedule schedule = testCase.mode->schedule(testCase.shape).value();
        runRanks(3, [&](Group& group) {
            const auto attention = Attention::make(schedule, group.rank(), group).value();
            const AttentionShape& shape = testCase.shape;
            const std::int64_t rows = schedule.replicated ? shape.tokens : shape.tokens / 3;
            const at::Tensor q = at::randn({shape.batch, rows, shape.heads, shape.headDim});
            const at::Tensor kv = at::randn({shape.batch, rows, shape.kvHeads, shape.headDim});
            const auto pass = [&] {
                attention->backward(attention->forward({}, q, kv, kv).saved, q);
                return attention->bufferAllocations();
            };
            const std::int64_t once = pass();
            // Nobody sends keys to the first rank of a causal ring.
            const bool needsNone = std::string_view(name) == "ring" && group.rank() == 0;
            EXPECT_EQ(once > 0, !needsNone) << name;
            EXPECT_EQ(pass(), once) << name;
        });
    }
}

TEST(Attention, ForwardWithoutAutogradGivesWhatAttendGives) {
    const Mode& mode = *findMode("zigzag");
    const ConformanceCase testCase = legalCases(mode, 2).front();
    const Schedule schedule = mode.schedule(testCase.shape).value();
    runRanks(2, [&](Group& group) {
        const auto attention = Attention::make(schedule, group.rank(), group).value();
        const at::Tensor q = at::randn({2, 24, 4, 8}).requires_grad_();
        const at::Tensor kv = at::randn({2, 24, 4, 8});
        const at::Tensor out = attention->attend({}, q, kv, kv);
        EXPECT_TRUE(out.requires_grad());
        EXPECT_TRUE(at::equal(out, attention->forward({}, q.detach(), kv, kv).out));
    });
}

}  // namespace
}  // namespace ringscope
