#include "ui/timeline/linked_views.h"

#include "tests/ui/timeline/made_trace.h"
#include "ui/look/theme.h"

#include <gtest/gtest.h>
#include <QVBoxLayout>

namespace ringscope::ui {
namespace {

using test::ms;

// Two steps of one rank, of these lengths, with attention in each.
std::shared_ptr<const OpenedTrace> twoSteps(std::int64_t first, std::int64_t second) {
    const auto step = [](int number, std::int64_t begin, std::int64_t end) {
        return Span(begin, end, {.kind = SpanKind::Step, .step = number});
    };
    const auto work = [](int number, std::int64_t begin) {
        return Span(begin, begin + 5 * ms,
                    {.kind = SpanKind::Attention, .operation = Operation::Block, .step = number});
    };
    return openTrace(mergeRanks({test::rankTrace(
        0, 1, {step(3, 0, first), work(3, 0), step(4, first, first + second), work(4, first)})}));
}

class LinkedTimelines : public testing::Test {
protected:
    LinkedTimelines() {
        auto* layout = new QVBoxLayout(&page);
        layout->addWidget(first);
        layout->addWidget(second);
        page.resize(900, 700);
        page.show();
        first->setTrace(twoSteps(100 * ms, 100 * ms));
        second->setTrace(twoSteps(40 * ms, 60 * ms));
        links.link();
    }
    // Where a step of the trace begins on the screen.
    static double beginOf(const TimelineView& view, std::size_t step) {
        return view.timeView().x(stepBegins(*view.trace())[step]);
    }

    ThemeController theme;
    QWidget page;
    TimelineView* first = new TimelineView;
    TimelineView* second = new TimelineView;
    LinkedViews links{*first, *second};
};

TEST_F(LinkedTimelines, KnowWhenEachStepBegan) {
    const std::vector<ViewTime> begins = stepBegins(*second->trace());
    ASSERT_EQ(begins.size(), 2U);
    EXPECT_EQ(begins[0].ns, 0);
    EXPECT_EQ(begins[1].ns, 40.0 * ms);
}

TEST_F(LinkedTimelines, BeginTheStepThatIsLookedAtAtTheSamePlaceAndScale) {
    for (const auto& [from, to, step] :
         {std::tuple(0, 50, 0U), std::tuple(90, 180, 1U), std::tuple(110, 130, 1U)}) {
        first->showStretch({double(from) * ms}, {double(to) * ms});
        EXPECT_DOUBLE_EQ(first->timeView().nsPerPixel(), second->timeView().nsPerPixel());
        EXPECT_NEAR(beginOf(*first, step), beginOf(*second, step), 0.01) << from;
    }
}

TEST_F(LinkedTimelines, FollowWhicheverIsMoved) {
    second->showStretch({30.0 * ms}, {90.0 * ms});
    EXPECT_NEAR(beginOf(*first, 1), beginOf(*second, 1), 0.01);
    EXPECT_NEAR(first->timeView().from().ns, 90.0 * ms, 1);
}

TEST_F(LinkedTimelines, ShowTheLongerOneWholeInBoth) {
    first->fit();
    EXPECT_DOUBLE_EQ(first->timeView().span(), 200.0 * ms);
    EXPECT_DOUBLE_EQ(second->timeView().span(), 200.0 * ms);
}

TEST_F(LinkedTimelines, GoTheirOwnWaysWhenTheyAreLetGo) {
    links.unlink();
    second->fit();
    EXPECT_DOUBLE_EQ(second->timeView().span(), 100.0 * ms);
    first->showStretch({0}, {20.0 * ms});
    EXPECT_DOUBLE_EQ(second->timeView().span(), 100.0 * ms);
}

}  // namespace
}  // namespace ringscope::ui
