#include "profiler/correlation.h"

#include "profiler/span_recorder.h"
#include "tests/support/program.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

namespace ringscope {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

RC_GTEST_PROP(Correlation, GivesBackThePlaceOfASpan, ()) {
    const SpanTag tag{
        .kind = static_cast<SpanKind>(*rc::gen::elementOf(std::vector{0, 1, 4, 5, 6})),
        .operation = static_cast<Operation>(*rc::gen::inRange(0, operationCount)),
        .pass = static_cast<SpanPass>(*rc::gen::inRange(0, 4)),
        .step = *rc::gen::inRange(0, 1 << 24),
        .layer = *rc::gen::inRange(-1, 4094),
        .ringStep = *rc::gen::inRange(-1, 4094)};
    CorrelationTable table;
    const std::vector<SpanTag> back = table.tagsOf(table.add({&tag, 1}));
    RC_ASSERT(back == std::vector{tag});
}

RC_GTEST_PROP(Correlation, ReadsAnyNumberWithoutHarm, (std::uint64_t number)) {
    const CorrelationTable empty;
    for (const SpanTag& tag : empty.tagsOf(number)) {
        RC_ASSERT(Span(1, 2, tag).wellFormed());
        RC_ASSERT(correlationOf(tag) == number);
    }
}

TEST(Correlation, KeepsEveryMessageOfABatch) {
    const SpanTag sent{.kind = SpanKind::Transfer,
                       .operation = Operation::Send,
                       .peer = 1,
                       .bytes = 100,
                       .message = 7};
    SpanTag received = sent;
    received.operation = Operation::Receive;
    CorrelationTable table;
    const std::uint64_t alone = table.add({&sent, 1});
    const std::uint64_t both = table.add(std::vector{sent, received});
    EXPECT_THAT(table.tagsOf(alone), ElementsAre(sent));
    EXPECT_THAT(table.tagsOf(both), ElementsAre(sent, received));
    table.clear();
    EXPECT_THAT(table.tagsOf(both), IsEmpty());
}

class Listener : public CorrelationSink {
public:
    Listener() { setCurrent(this); }
    ~Listener() override { setCurrent(nullptr); }
    void push(const SpanTag& tag) override { open.push_back(tag); }
    void push(std::span<const SpanTag> tags) override { open.push_back(tags.front()); }
    void pop() override { open.pop_back(); }
    void phase(const Span& span) override { phases.push_back(span); }

    std::vector<SpanTag> open;
    std::vector<Span> phases;
};

class Recorded : public ::testing::Test {
protected:
    test::TemporaryFolder folder;
    std::unique_ptr<SpanRecorder> recorder =
        SpanRecorder::start(folder.path() / "rank.trace", {}).value();
};

TEST_F(Recorded, SpansAreOpenWhileTheyLast) {
    recorder->resume();
    Listener listener;
    const SpanTag outer{.kind = SpanKind::Compute, .operation = Operation::Backward, .step = 3};
    const SpanTag inner{.kind = SpanKind::Attention, .operation = Operation::Block, .step = 3};
    {
        const ScopedSpan backward(outer);
        {
            const ScopedSpan block(inner);
            EXPECT_THAT(listener.open, ElementsAre(outer, inner));
        }
        EXPECT_THAT(listener.open, ElementsAre(outer));
    }
    EXPECT_THAT(listener.open, IsEmpty());
    ASSERT_EQ(listener.phases.size(), 1U) << "attention is inside a phase and none itself";
    EXPECT_EQ(listener.phases[0].tag(), outer);
}

TEST_F(Recorded, ASpanBegunBeforeAnybodyListenedClosesNothing) {
    recorder->resume();
    auto early = std::make_unique<ScopedSpan>(SpanTag{.kind = SpanKind::Step});
    Listener listener;
    const SpanTag tag{.kind = SpanKind::Transfer};
    const TransferCorrelation open({&tag, 1});
    early.reset();
    EXPECT_THAT(listener.open, ElementsAre(tag));
}

TEST_F(Recorded, APausedRecorderTellsNobody) {
    const Listener listener;
    const ScopedSpan span({.kind = SpanKind::Step});
    EXPECT_THAT(listener.open, IsEmpty());
}

}  // namespace
}  // namespace ringscope
