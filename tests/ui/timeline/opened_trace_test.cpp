#include "ui/timeline/opened_trace.h"

#include "backend/analysis/rank_sets.h"
#include "backend/trace/trace.h"
#include "tests/ui/timeline/made_trace.h"
#include "ui/timeline/legend.h"
#include "ui/timeline/span_words.h"

#include <gtest/gtest.h>

namespace ringscope::ui {
namespace {

using test::ms;

std::int64_t of(const Shares& shares, Tint tint) { return shares[static_cast<std::size_t>(tint)]; }

TEST(OpenedTrace, HasLanesThatSayWhatWasMade) {
    const auto opened = openTrace(mergeRanks(test::lateSender()));
    ASSERT_EQ(opened->rows.size(), 2U);
    const RankRow& late = opened->rows[0];
    const RankRow& early = opened->rows[1];
    EXPECT_EQ(late.work.pieces(), (std::vector<Piece>{{0, 60 * ms, 1, Tint::Attention}}));
    EXPECT_EQ(late.messages.pieces(), (std::vector<Piece>{{60 * ms, 80 * ms, 2, Tint::Transfer}}));
    EXPECT_EQ(early.work.pieces(), (std::vector<Piece>{{0, 20 * ms, 1, Tint::Attention},
                                                       {80 * ms, 95 * ms, 4, Tint::Attention}}));
    EXPECT_EQ(early.messages.pieces(), (std::vector<Piece>{{0, 60 * ms, 2, Tint::Wait},
                                                           {60 * ms, 80 * ms, 2, Tint::Transfer}}));
    EXPECT_EQ(early.exposed.pieces(),
              (std::vector<Piece>{{20 * ms, 80 * ms, noSpan, Tint::Exposed}}));
    ASSERT_EQ(early.steps.size(), 1U);
    EXPECT_EQ(early.steps[0].step, 2);
}

TEST(OpenedTrace, SaysWhatMayBeEitherTransferOrWait) {
    std::vector<RankTrace> ranks = test::lateSender();
    ranks.erase(ranks.begin());
    const auto opened = openTrace(mergeRanks(std::move(ranks)));
    ASSERT_EQ(opened->rows.size(), 1U);
    EXPECT_EQ(opened->rows[0].messages.pieces(),
              (std::vector<Piece>{{0, 80 * ms, 2, Tint::Unpaired}}));
}

TEST(TimelineLegend, ListsCopiesAndTheHostWhereATraceHasSome) {
    std::vector<RankTrace> ranks = test::lateSender();
    TimelineLegend legend;
    legend.setTrace(*openTrace(mergeRanks(ranks)), true);
    EXPECT_FALSE(legend.accessibleName().contains(QStringLiteral("host")));
    const SpanTag copy = test::place(SpanKind::Copy, Operation::None, 0);
    const SpanTag host = test::place(SpanKind::Host, Operation::None, 0);
    for (const Span& span : {Span(80 * ms, 85 * ms, copy), Span(85 * ms, 90 * ms, host)})
        ranks[0].spans.push_back(span);
    legend.setTrace(*openTrace(mergeRanks(std::move(ranks))), true);
    EXPECT_TRUE(legend.accessibleName().contains(QStringLiteral("copies, host")));
}

void expectLanesAsLongAsFigures(const OpenedTrace& opened) {
    for (std::size_t r = 0; r < opened.rows.size(); ++r) {
        const Shares messages = opened.rows[r].messages.within(0, opened.trace.end);
        const Shares exposed = opened.rows[r].exposed.within(0, opened.trace.end);
        const Shares work = opened.rows[r].work.within(0, opened.trace.end);
        const RankFigures& figures = opened.findings.ranks[r];
        EXPECT_EQ(of(messages, Tint::Transfer), figures.communication.transfer);
        EXPECT_EQ(of(messages, Tint::Wait),
                  figures.communication.wait + figures.communication.hiddenWait);
        EXPECT_EQ(of(messages, Tint::Unpaired), figures.communication.unpaired);
        EXPECT_EQ(of(exposed, Tint::Exposed), figures.communication.exposed);
        EXPECT_EQ(of(work, Tint::Attention) + of(work, Tint::Compute) + of(work, Tint::Copy),
                  figures.compute);
    }
}

// The picture and the figures are of the same sets.
TEST(OpenedTrace, HasLanesAsLongAsTheFiguresOfItsRanks) {
    std::vector<RankTrace> ranks = test::busyRanks(4, 4'000);
    expectLanesAsLongAsFigures(*openTrace(mergeRanks(ranks)));
    ranks.pop_back();
    expectLanesAsLongAsFigures(*openTrace(mergeRanks(std::move(ranks))));
}

TEST(OpenedTrace, ShowsTheInnermostOfNestedSpansAndNothingWhileOneWaits) {
    const auto opened = openTrace(mergeRanks(
        {test::rankTrace(0, 1,
                         {Span(0, 100, test::place(SpanKind::Compute, Operation::Forward, -1)),
                          Span(20, 40, test::place(SpanKind::Attention, Operation::Block, 0)),
                          Span(50, 60, test::place(SpanKind::Wait, Operation::Receive, 0))})}));
    EXPECT_EQ(opened->rows[0].work.pieces(), (std::vector<Piece>{{0, 20, 0, Tint::Compute},
                                                                 {20, 40, 1, Tint::Attention},
                                                                 {40, 50, 0, Tint::Compute},
                                                                 {60, 100, 0, Tint::Compute}}));
}

TEST(OpenedTrace, FindsTheMessagesUnderWay) {
    const auto opened = openTrace(mergeRanks(test::busyRanks(2, 400)));
    for (std::int64_t time : {std::int64_t{0}, 600L, 30'000L, opened->trace.end / 2}) {
        std::vector<std::uint32_t> expected;
        const std::vector<Span>& spans = opened->trace.ranks[0].spans;
        for (std::uint32_t i = 0; i < spans.size(); ++i)
            if (spans[i].kind() == SpanKind::Transfer && spans[i].begin() <= time &&
                spans[i].end() > time)
                expected.push_back(i);
        std::vector<std::uint32_t> found = opened->transfersAt(0, {time});
        std::ranges::sort(found);
        EXPECT_EQ(found, expected) << time;
    }
}

TEST(OpenedTrace, FindsWhenARingStepWas) {
    const auto opened = openTrace(mergeRanks(test::lateSender()));
    EXPECT_EQ(opened->longestOccurrence(1, SpanPass::Forward, 0), (Interval{0, 95 * ms}));
    EXPECT_EQ(opened->longestOccurrence(1, SpanPass::Backward, 0), Interval{});
}

TEST(SpanWords, SayWhoWasWaitedForAndHowFastItMoved) {
    const auto opened = openTrace(mergeRanks(test::lateSender()));
    const SpanWords words = wordsOf(*opened, 1, opened->rows[1].messages.pieces()[0]);
    EXPECT_EQ(words.title, QStringLiteral("Receive from rank 0"));
    EXPECT_EQ(words.lines,
              (QStringList{QStringLiteral("ring · forward · layer 0 · ring step 0 · step 2"),
                           QStringLiteral("1.00 MiB · 80.0 ms · 0.0524 GB/s while it moved"),
                           QStringLiteral("waited 60.0 ms of it for rank 0"),
                           QStringLiteral("exposed 60.0 ms: nothing was computed meanwhile")}));
    const SpanWords sent = wordsOf(*opened, 0, opened->rows[0].messages.pieces()[0]);
    EXPECT_EQ(sent.title, QStringLiteral("Send to rank 1"));
    EXPECT_TRUE(sent.lines.contains(QStringLiteral("this rank came last and was waited for")));
}

}  // namespace
}  // namespace ringscope::ui
