#include "ui/timeline/time_view.h"

#include <gtest/gtest.h>

namespace ringscope::ui {
namespace {

TEST(TimeView, KeepsTheMomentUnderTheMouseWhenZooming) {
    TimeView view(1e9, 1000);
    const ViewTime fixed = view.timeAt(300);
    for (int i = 0; i < 20; ++i) {
        view.zoom(1.25, 300);
        EXPECT_NEAR(view.x(fixed), 300, 1e-6);
    }
}

TEST(TimeView, StaysInsideTheTrace) {
    TimeView view(1e6, 500);
    view.zoom(8, 10);
    view.pan(-1e9);
    EXPECT_EQ(view.from().ns, 0);
    view.pan(1e9);
    EXPECT_DOUBLE_EQ(view.to().ns, 1e6);
    view.zoom(1e-9, 250);
    EXPECT_EQ(view.from().ns, 0);
    EXPECT_EQ(view.span(), 1e6);
    view.zoom(1e30, 250);
    EXPECT_EQ(view.span(), 200);
    view.show({-50}, {2e6});
    EXPECT_EQ(view.span(), 1e6);
}

TEST(TimeView, DoesNotDivideByZeroForATraceOfNoLength) {
    TimeView view(0, 0);
    view.zoom(2, 0);
    view.pan(5);
    EXPECT_GT(view.nsPerPixel(), 0);
}

TEST(Ticks, AreRoundAndFarEnoughApartToHaveDifferentLabels) {
    TimeView view(8.4e9, 1000);
    for (int i = 0; i < 90; ++i, view.zoom(1.3, 417)) {
        const std::vector<Tick> ticks = ticksOf(view, 90);
        ASSERT_FALSE(ticks.size() > 12) << view.span();
        EXPECT_GE(ticks.size(), 3U) << view.span();
        for (std::size_t t = 1; t < ticks.size(); ++t) {
            EXPECT_GE(view.x(ticks[t].at) - view.x(ticks[t - 1].at), 89.9);
            EXPECT_NE(ticks[t].label, ticks[t - 1].label);
        }
    }
}

TEST(Ticks, AreInMilliseconds) {
    const std::vector<Tick> ticks = ticksOf(TimeView(10e6, 1000), 90);
    ASSERT_EQ(ticks.size(), 11U);
    EXPECT_EQ(ticks[3].label, QStringLiteral("3"));
    EXPECT_EQ(ticksOf(TimeView(1e6, 1000), 90)[3].label, QStringLiteral("0.3"));
}

}  // namespace
}  // namespace ringscope::ui
