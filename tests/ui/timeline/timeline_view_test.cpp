// The timeline under mouse, wheel and keys, and what it paints where.
#include "ui/timeline/timeline_view.h"

#include "tests/ui/timeline/made_trace.h"
#include "ui/look/theme.h"

#include <gtest/gtest.h>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>
#include <QWheelEvent>

namespace ringscope::ui {
namespace {

using test::ms;

class Timeline : public testing::Test {
protected:
    void show(std::vector<RankTrace> ranks) {
        theme.setTheme(Theme::Light);
        view.resize(1000, 420);
        view.setTrace(openTrace(mergeRanks(std::move(ranks))));
        view.show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(&view));
    }
    void SetUp() override { show(test::lateSender()); }

    // Where a moment of a lane is.
    QPoint point(std::int64_t time, const LanePlace& place) const {
        const QRectF lane = view.places().lane(place);
        return QPointF(lane.left() + view.timeView().x(view.trace()->inView({time})),
                       lane.center().y())
            .toPoint();
    }
    void wheel(const QPoint& at, int turned, Qt::KeyboardModifiers keys = Qt::NoModifier) {
        QWheelEvent event(at, view.viewport()->mapToGlobal(at), {}, {0, turned}, Qt::NoButton, keys,
                          Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(view.viewport(), &event);
    }
    void drag(const QPoint& from, const QPoint& to, Qt::KeyboardModifiers keys = {}) {
        QTest::mousePress(view.viewport(), Qt::LeftButton, keys, from);
        QTest::mouseMove(view.viewport(), (from + to) / 2);
        QTest::mouseMove(view.viewport(), to);
        QTest::mouseRelease(view.viewport(), Qt::LeftButton, keys, to);
    }
    void key(int which) { QTest::keyClick(&view, Qt::Key(which)); }

    ThemeController theme;
    TimelineView view;
    const LanePlace earlyMessages{1, LaneKind::Messages};
    const LanePlace earlyWork{1, LaneKind::Work};
    const LanePlace lateWork{0, LaneKind::Work};
};

// At the ends of what was predicted there is a line, in between the lane is as it was.
TEST_F(Timeline, OutlinesAPredictedStepFromTheBeginOfEachMeasuredOne) {
    auto predicted = test::lateSender();
    const SpanTag attention = test::place(SpanKind::Attention, Operation::Block, 0);
    for (RankTrace& rank : predicted)
        rank.spans = {Span(5 * ms, 105 * ms, {.kind = SpanKind::Step, .step = 0}),
                      Span(5 * ms, 45 * ms, attention)};
    const auto pixelsAt = [&](std::int64_t time) {
        const QImage picture = view.viewport()->grab().toImage();
        const QPoint at = point(time, lateWork);
        QList<QRgb> pixels;
        for (int x = at.x() - 2; x <= at.x() + 2; ++x) pixels << picture.pixel(x, at.y());
        return pixels;
    };
    const QList<QRgb> edge = pixelsAt(40 * ms);
    const QList<QRgb> inside = pixelsAt(30 * ms);
    view.setPredicted(openTrace(mergeRanks(std::move(predicted))));
    EXPECT_NE(pixelsAt(40 * ms), edge) << "predicted to end there, 40 ms after its begin";
    EXPECT_EQ(pixelsAt(30 * ms), inside);
    view.setPredicted(nullptr);
    EXPECT_EQ(pixelsAt(40 * ms), edge);
}

TEST_F(Timeline, ZoomsWhereTheMouseIsAndPansWithShift) {
    const QPoint at = point(40 * ms, lateWork);
    const double before = view.timeView().span();
    wheel(at, 360);
    EXPECT_LT(view.timeView().span(), before * 0.6);
    EXPECT_NEAR(point(40 * ms, lateWork).x(), at.x(), 1);
    const double from = view.timeView().from().ns;
    wheel(at, -120, Qt::ShiftModifier);
    EXPECT_GT(view.timeView().from().ns, from);
    wheel(at, -12'000);
    EXPECT_EQ(view.timeView().span(), before);
}

TEST_F(Timeline, FollowsTheKeys) {
    const double all = view.timeView().span();
    key(Qt::Key_W);
    key(Qt::Key_W);
    EXPECT_LT(view.timeView().span(), all / 2);
    const double from = view.timeView().from().ns;
    key(Qt::Key_D);
    EXPECT_GT(view.timeView().from().ns, from);
    key(Qt::Key_A);
    EXPECT_NEAR(view.timeView().from().ns, from, 1);
    key(Qt::Key_End);
    EXPECT_DOUBLE_EQ(view.timeView().to().ns, all);
    key(Qt::Key_Home);
    EXPECT_EQ(view.timeView().from().ns, 0);
    key(Qt::Key_S);
    EXPECT_GT(view.timeView().span(), all / 2);
    key(Qt::Key_F);
    EXPECT_EQ(view.timeView().span(), all);
}

TEST_F(Timeline, SaysWhatIsUnderTheMouse) {
    EXPECT_FALSE(view.shownWords().has_value());
    QTest::mouseMove(view.viewport(), point(30 * ms, earlyMessages));
    ASSERT_TRUE(view.shownWords().has_value());
    EXPECT_EQ(view.shownWords()->title, QStringLiteral("Receive from rank 0"));
    EXPECT_TRUE(
        view.shownWords()->lines.contains(QStringLiteral("waited 60.0 ms of it for rank 0")));
    auto* card = view.viewport()->findChild<QFrame*>(QStringLiteral("card"));
    ASSERT_NE(card, nullptr);
    EXPECT_TRUE(card->isVisible());
    EXPECT_TRUE(view.viewport()->rect().contains(card->geometry()));
    QTest::mouseMove(view.viewport(), point(50 * ms, earlyWork));
    EXPECT_FALSE(view.shownWords().has_value());
    EXPECT_FALSE(card->isVisible());
}

TEST_F(Timeline, SelectsOnTheRulerOrWithShiftAndDeselectsAtAClick) {
    QSignalSpy changed(&view, &TimelineView::selectionChanged);
    const int ruler = static_cast<int>(view.places().ruler().center().y());
    drag({point(20 * ms, lateWork).x(), ruler}, {point(80 * ms, lateWork).x(), ruler});
    ASSERT_TRUE(view.selection().has_value());
    EXPECT_NEAR(static_cast<double>(view.selection()->begin) / ms, 20, 0.2);
    EXPECT_NEAR(static_cast<double>(view.selection()->end) / ms, 80, 0.2);
    EXPECT_GE(changed.count(), 1);
    EXPECT_EQ(view.timeView().from().ns, 0) << "selecting does not pan";

    drag(point(70 * ms, earlyMessages), point(50 * ms, earlyMessages), Qt::ShiftModifier);
    EXPECT_NEAR(static_cast<double>(view.selection()->begin) / ms, 50, 0.2);
    QTest::mouseClick(view.viewport(), Qt::LeftButton, {}, {point(5 * ms, lateWork).x(), ruler});
    EXPECT_FALSE(view.selection().has_value());
}

TEST_F(Timeline, PansWhenDragged) {
    wheel(point(50 * ms, lateWork), 480);
    const std::int64_t held = 50 * ms;
    const QPoint from = point(held, lateWork);
    drag(from, from + QPoint(120, 0));
    EXPECT_NEAR(point(held, lateWork).x(), from.x() + 120, 1);
    EXPECT_FALSE(view.selection().has_value());
}

TEST_F(Timeline, ZoomsToTheSpanThatIsDoubleClicked) {
    QTest::mouseDClick(view.viewport(), Qt::LeftButton, {}, point(10 * ms, earlyWork));
    EXPECT_EQ(view.timeView().from().ns, 0);
    EXPECT_NEAR(view.timeView().to().ns / ms, 24, 0.01);  // with a tenth of room on either side
}

TEST_F(Timeline, StepsThroughSpansByKeysAndSaysEachToAScreenReader) {
    key(Qt::Key_Right);
    ASSERT_TRUE(view.current().has_value());
    EXPECT_EQ(view.current()->place, lateWork);
    key(Qt::Key_Down);
    EXPECT_EQ(view.current()->place, (LanePlace{0, LaneKind::Messages}));
    EXPECT_TRUE(view.accessibleDescription().startsWith(QStringLiteral("Send to rank 1")));
    key(Qt::Key_Down);
    key(Qt::Key_Down);
    EXPECT_EQ(view.current()->place, earlyMessages);
    EXPECT_EQ(view.current()->piece, 1U);
    key(Qt::Key_Left);
    EXPECT_EQ(view.current()->piece, 0U);
    key(Qt::Key_Left);
    EXPECT_EQ(view.current()->piece, 0U) << "the first stays";
    key(Qt::Key_Return);
    EXPECT_NEAR(view.timeView().to().ns / ms, 72, 0.01);
    EXPECT_EQ(view.shownWords()->title, QStringLiteral("Receive from rank 0"));
}

QImage pictureOf(TimelineView& view) {
    return view.viewport()->grab().toImage().convertToFormat(QImage::Format_RGB32);
}

TEST_F(Timeline, PaintsEachClassInItsLaneAndNothingElsewhere) {
    const QImage picture = pictureOf(view);
    const QColor attention = colourOf(spanLook.attention, false);
    const QColor transfer = colourOf(spanLook.transfer, false);
    const Ink ink = inkFor(false);
    EXPECT_EQ(picture.pixelColor(point(50 * ms, lateWork)), attention);
    EXPECT_EQ(picture.pixelColor(point(50 * ms, earlyWork)), ink.panel);
    EXPECT_EQ(picture.pixelColor(point(78 * ms, earlyMessages)), transfer);
    const QRectF lane = view.places().lane(earlyMessages);
    EXPECT_EQ(
        picture.pixelColor(point(40 * ms, earlyMessages).x(), static_cast<int>(lane.bottom()) - 1),
        ink.bad);
    EXPECT_NE(
        picture.pixelColor(point(10 * ms, earlyMessages).x(), static_cast<int>(lane.bottom()) - 1),
        ink.bad)
        << "hidden communication is not underlined";

    // Between the lanes there is the background, or the mark of a step.
    for (std::size_t r = 0; r < 2; ++r) {
        const double below = view.places().lane({r, LaneKind::Messages}).bottom() + 2;
        for (int x = static_cast<int>(lane.left()) + 2; x < lane.right(); ++x)
            EXPECT_EQ(picture.pixelColor(x, static_cast<int>(below)), ink.background) << x;
    }
    for (int y = 0; y < picture.height(); ++y)
        EXPECT_EQ(picture.pixelColor(static_cast<int>(lane.right()) + 3, y), ink.background) << y;
}

TEST_F(Timeline, HatchesWaitsAndNotTransfers) {
    const QImage picture = pictureOf(view);
    const auto colours = [&](std::int64_t from, std::int64_t to) {
        std::set<QRgb> found;
        const int y = point(from, earlyMessages).y() - 6;
        for (int x = point(from, earlyMessages).x(); x < point(to, earlyMessages).x(); ++x)
            found.insert(picture.pixel(x, y));
        return found.size();
    };
    EXPECT_GT(colours(40 * ms, 55 * ms), 2U);
    EXPECT_EQ(colours(72 * ms, 79 * ms), 1U);
}

TEST_F(Timeline, FollowsTheThemeWhileItIsOpen) {
    theme.setTheme(Theme::Dark);
    EXPECT_EQ(pictureOf(view).pixelColor(point(50 * ms, lateWork)),
              colourOf(spanLook.attention, true));
}

TEST_F(Timeline, ScrollsManyRanksAndKeepsTheRuler) {
    show(test::busyRanks(64, 6'400));
    EXPECT_GT(view.verticalScrollBar()->maximum(), 0);
    const QRectF ruler = view.places().ruler();
    wheel({20, 200}, -1'200);
    EXPECT_GT(view.verticalScrollBar()->value(), 0);
    EXPECT_EQ(view.places().ruler(), ruler);
    EXPECT_GT(view.places().firstShown(), 0U);
    for (int i = 0; i < 127; ++i) key(Qt::Key_Down);
    EXPECT_EQ(view.current()->place, (LanePlace{63, LaneKind::Messages}));
    EXPECT_TRUE(view.places().rows().contains(view.places().lane({63, LaneKind::Messages})));
}

TEST_F(Timeline, EndsADragWhenItsTraceGoes) {
    const QPoint from = point(50 * ms, lateWork);
    QTest::mousePress(view.viewport(), Qt::LeftButton, Qt::ShiftModifier, from);
    view.setTrace(nullptr);
    QTest::mouseMove(view.viewport(), from + QPoint(40, 0));
    QTest::mouseRelease(view.viewport(), Qt::LeftButton, Qt::ShiftModifier, from + QPoint(40, 0));
    EXPECT_FALSE(view.selection().has_value());
}

TEST_F(Timeline, IsEmptyAndIgnoresKeysWithoutATrace) {
    view.setTrace(nullptr);
    for (int which : {Qt::Key_W, Qt::Key_F, Qt::Key_Right, Qt::Key_Down, Qt::Key_Return})
        key(which);
    drag({200, 60}, {400, 60});
    EXPECT_FALSE(view.selection().has_value());
    EXPECT_FALSE(view.current().has_value());
    show({test::rankTrace(0, 1, {})});
    for (int which : {Qt::Key_W, Qt::Key_Right, Qt::Key_Down, Qt::Key_Return}) key(which);
    EXPECT_FALSE(view.current().has_value());
    pictureOf(view);
}

}  // namespace
}  // namespace ringscope::ui
