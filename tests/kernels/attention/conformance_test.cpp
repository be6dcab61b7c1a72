#include "tests/kernels/attention/conformance.h"

#include "kernels/attention/attention.h"
#include "tests/kernels/comm/rank_threads.h"
#include "tests/support/covering.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>

#include <map>
#include <utility>
#include <vector>

namespace ringscope {
namespace {

using test::ConformanceCase;
using test::coveringPairs;
using test::everyCell;
using test::findDeviations;
using test::legalCases;
using test::refusalOf;
using test::runRanks;
using test::tightCases;

// The limit is the so manieth one of its cell.
using TightCase = std::pair<ConformanceCase, std::size_t>;

void addTight(const ConformanceCase& cell, std::vector<TightCase>& all) {
    const std::vector<ConformanceCase> tight = tightCases(cell);
    for (std::size_t i = 0; i < tight.size(); ++i) all.emplace_back(tight[i], i);
}

std::vector<ConformanceCase> chosenOf(const std::vector<TightCase>& all) {
    std::vector<ConformanceCase> chosen;
    for (const auto& [tight, number] : coveringPairs(all, [](const TightCase& each) {
             test::AxisValues values = test::cellValues(each.first);
             values.push_back(std::to_string(each.second));
             return values;
         }))
        chosen.push_back(tight);
    return chosen;
}

class EveryMode : public ::testing::TestWithParam<std::string> {};

void expectConformance(const std::vector<ConformanceCase>& all) {
    std::map<int, std::vector<ConformanceCase>> ofRanks;
    for (const ConformanceCase& each : all) ofRanks[each.shape.ranks].push_back(each);
    for (const auto& cases : ofRanks)
        runRanks(cases.first, [&](Group& group) {
            for (const ConformanceCase& testCase : cases.second)
                EXPECT_EQ(findDeviations(testCase, group), "")
                    << testCase.name() << ", rank " << group.rank();
        });
}

TEST_P(EveryMode, IsFullAttentionForwardAndBackwardAndSendsWhatIsScheduled) {
    std::vector<ConformanceCase> all;
    for (const int ranks : {1, 2, 3, 4, 6, 8})
        for (const ConformanceCase& each : legalCases(*findMode(GetParam()), ranks))
            all.push_back(each);
    expectConformance(coveringPairs(all, test::headValues));
}

// Every cell is full attention or is refused with a reason. These heads and lengths divide, so no
// mode has one but that none is for one rank.
TEST_P(EveryMode, IsFullAttentionUnderEveryMaskRuleAndType) {
    const Mode& mode = *findMode(GetParam());
    std::vector<ConformanceCase> all;
    for (const int ranks : {1, 2, 3, 4, 8})
        for (const ConformanceCase& cell : everyCell(mode, ranks)) {
            const std::string refusal = refusalOf(cell);
            EXPECT_EQ(refusal, mode.sharded || ranks == 1
                                   ? ""
                                   : "none keeps the whole sequence on one rank; got " +
                                         std::to_string(ranks) + " ranks")
                << cell.name();
            if (refusal.empty()) all.push_back(cell);
        }
    expectConformance(coveringPairs(all, test::cellValues));
}

// Heads in turns, unpacked, synchronous: the same results and bytes, within the limit.
TEST_P(EveryMode, IsFullAttentionWithinEveryLimitOfItsBuffers) {
    const Mode& mode = *findMode(GetParam());
    std::vector<TightCase> all;
    for (const int ranks : mode.sharded ? std::vector{2, 4} : std::vector{1})
        for (const ConformanceCase& cell : everyCell(mode, ranks))
            if (cell.feature == "all" && cell.type != at::kHalf) addTight(cell, all);
    EXPECT_EQ(all.empty(), !mode.sharded);
    expectConformance(chosenOf(all));
}

std::string nameOf(const ::testing::TestParamInfo<std::string>& info) {
    std::string name = info.param;
    std::erase(name, '-');
    return name;
}

INSTANTIATE_TEST_SUITE_P(Modes, EveryMode, ::testing::ValuesIn(modeNames()), nameOf);

std::vector<test::LaidOutMode> chosenLayouts() {
    std::vector<test::LaidOutMode> all = test::laidOutModes();
    std::erase_if(all, [](const test::LaidOutMode& each) { return each.layout.isModes(); });
    return all;
}

std::string laidOutName(const ConformanceCase& cell) {
    return test::LaidOutMode{cell.mode, cell.layout}.name();
}

// Of all layouts, so that what a layout is not tried with is tried with others.
std::vector<ConformanceCase> layoutCases() {
    std::vector<ConformanceCase> cells;
    std::vector<TightCase> tight;
    for (const int ranks : {1, 2, 3, 4})
        for (const test::LaidOutMode& each : chosenLayouts())
            for (ConformanceCase cell : everyCell(*each.mode, ranks)) {
                if (cell.type != at::kDouble) continue;
                cell.layout = each.layout;
                cells.push_back(cell);
                if (cell.feature == "all" && ranks == 4) addTight(cell, tight);
            }
    std::vector<ConformanceCase> chosen = coveringPairs(cells, test::cellValues);
    const std::vector<ConformanceCase> limited = chosenOf(tight);
    chosen.insert(chosen.end(), limited.begin(), limited.end());
    return chosen;
}

class EveryLayout : public ::testing::TestWithParam<test::LaidOutMode> {};

// In fp64, so that nothing hides in rounding: under every mask and rule, and within tight buffers.
TEST_P(EveryLayout, IsFullAttentionUnderEveryMaskAndRuleAndSendsWhatIsScheduled) {
    static const std::vector<ConformanceCase> ofAll = layoutCases();
    std::vector<ConformanceCase> cases;
    for (const ConformanceCase& cell : ofAll) {
        if (laidOutName(cell) != GetParam().name()) continue;
        EXPECT_EQ(refusalOf(cell), "") << cell.name();
        cases.push_back(cell);
    }
    ASSERT_FALSE(cases.empty());
    expectConformance(cases);
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
