#include "backend/memory/allocation_program.h"

#include "backend/analysis/memory.h"
#include "backend/memory/message_pool.h"

#include <gmock/gmock.h>

#include <utility>

namespace ringscope {
namespace {

using ::testing::ElementsAre;

std::vector<std::int64_t> bytesOf(const RankTrace& trace) {
    std::vector<std::int64_t> bytes;
    for (const Allocation& one : trace.allocations) bytes.push_back(one.bytes);
    return bytes;
}

TEST(AllocationProgram, FreesMemoryWithTheLastCopyThatSharesIt) {
    AllocationProgram program;
    program.beginStep();
    Held first = program.hold(100);
    Held second = first;
    first = {};
    const Held other = program.hold(10);
    second = {};
    const Held last = program.hold(1);
    const RankTrace trace = std::move(program).trace();
    EXPECT_THAT(bytesOf(trace), ElementsAre(100, 10, 1));
    EXPECT_GT(trace.allocations[0].end, trace.allocations[1].begin);
    EXPECT_LT(trace.allocations[0].end, trace.allocations[2].begin);
}

TEST(AllocationProgram, TellsActivationsFromWorkspaceAsARecordingDoes) {
    AllocationProgram program;
    const Held before = program.hold(1000);
    program.beginStep();
    program.at(3, SpanPass::Forward);
    Held kept = program.hold(20);
    { const Held passing = program.hold(30); }
    program.beginBackward();
    program.at(3, SpanPass::Backward);
    {
        const CategoryScope scope(program, MemoryCategory::Logits);
        const Held logits = program.hold(40);
    }
    const Held late = program.hold(5);
    kept = {};
    const RankTrace trace = std::move(program).trace();
    std::vector<MemoryCategory> categories;
    for (const Allocation& one : trace.allocations) categories.push_back(one.category);
    EXPECT_THAT(categories, ElementsAre(MemoryCategory::Unsaid, MemoryCategory::Activations,
                                        MemoryCategory::Workspace, MemoryCategory::Logits,
                                        MemoryCategory::Workspace));
    const MemoryPeak peak = memoryPeak(trace).value();
    EXPECT_EQ(totalOf(peak.held), 1060);
    EXPECT_EQ(peak.pass, SpanPass::Backward);
    EXPECT_EQ(peak.layer, 3);
}

TEST(AllocationProgram, LeavesOutWhatHasNoBytes) {
    AllocationProgram program;
    program.beginStep();
    const Held nothing = program.hold(0);
    EXPECT_TRUE(nothing.defined());
    EXPECT_TRUE(std::move(program).trace().allocations.empty());
}

TEST(MessagePool, UsesMemoryAgainWhereSizeAndTypeAreTheSame) {
    AllocationProgram program;
    {
        MessagePool pool(program, 1 << 20);
        { const Pooled first = pool.take(100, 4); }
        { const Pooled again = pool.take(100, 4); }
        const Pooled other = pool.take(100, 2);
        const Pooled beside = pool.take(100, 2);
    }
    EXPECT_THAT(bytesOf(std::move(program).trace()), ElementsAre(400, 200, 200));
}

TEST(MessagePool, GivesUpOtherSizesAtItsLimit) {
    AllocationProgram program;
    std::int64_t freed = 0;
    {
        MessagePool pool(program, 500);
        { const Pooled first = pool.take(100, 4); }
        const Pooled other = pool.take(50, 4);
        const Held now = program.hold(7);
    }
    for (const Allocation& one : std::move(program).trace().allocations) {
        if (one.bytes == 400) freed = one.end;
        if (one.bytes == 200) {
            EXPECT_LT(freed, one.begin);
        }
    }
}

}  // namespace
}  // namespace ringscope
