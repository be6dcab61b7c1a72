// The memory lane of the timeline: what is painted where, and what mouse and keys find in it.
#include "tests/ui/timeline/made_trace.h"
#include "ui/look/theme.h"
#include "ui/timeline/memory_words.h"
#include "ui/timeline/timeline_view.h"

#include <gtest/gtest.h>
#include <QSignalSpy>
#include <QTest>

namespace ringscope::ui {
namespace {

using test::mib;
using test::ms;

class MemoryOfRanks : public testing::Test {
protected:
    void show(std::vector<RankTrace> ranks) {
        theme.setTheme(Theme::Light);
        view.resize(1000, 420);
        view.setTrace(openTrace(mergeRanks(std::move(ranks))));
        view.show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(&view));
    }
    void SetUp() override { show(test::lateSenderWithMemory()); }

    // Where a moment of a rank's memory is; `height` 0 … 1 of the lane, from below.
    QPoint point(std::int64_t time, std::size_t row, double height = 0.5) const {
        const QRectF lane = view.places().lane({row, LaneKind::Memory});
        return QPointF(lane.left() + view.timeView().x(view.trace()->inView({time})),
                       lane.bottom() - 1 - height * (lane.height() - 2))
            .toPoint();
    }
    QImage picture() { return view.viewport()->grab().toImage(); }
    // From somewhere else, so that it is a move wherever the mouse was before.
    void hover(const QPoint& at) {
        QTest::mouseMove(view.viewport(), at + QPoint(30, 0));
        QTest::mouseMove(view.viewport(), at);
    }
    void key(int which) { QTest::keyClick(&view, Qt::Key(which)); }

    ThemeController theme;
    TimelineView view;
};

TEST_F(MemoryOfRanks, StacksTheCategoriesOnOneScaleForAllRanks) {
    for (const bool dark : {false, true}) {
        theme.setTheme(dark ? Theme::Dark : Theme::Light);
        const QImage drawn = picture();
        const QColor parameters = memoryColour(MemoryCategory::Parameters, dark);
        const QColor activations = memoryColour(MemoryCategory::Activations, dark);
        const QColor panel = inkFor(dark).panel;
        // Of 400 MiB, rank 0 holds 100 + 200 at 70 ms and 100 at 90, rank 1 always 100.
        EXPECT_EQ(drawn.pixelColor(point(70 * ms, 0, 0.1)), parameters);
        EXPECT_EQ(drawn.pixelColor(point(70 * ms, 0, 0.5)), activations);
        EXPECT_EQ(drawn.pixelColor(point(70 * ms, 0, 0.85)), panel);
        EXPECT_EQ(drawn.pixelColor(point(90 * ms, 0, 0.1)), parameters);
        EXPECT_EQ(drawn.pixelColor(point(90 * ms, 0, 0.5)), panel);
        EXPECT_EQ(drawn.pixelColor(point(70 * ms, 1, 0.1)), parameters);
        EXPECT_EQ(drawn.pixelColor(point(70 * ms, 1, 0.5)), panel);
    }
}

TEST_F(MemoryOfRanks, MarksThePeakWithItsMoment) {
    const QImage drawn = picture();
    const QPoint at = point(50 * ms, 0, 0.9);
    EXPECT_EQ(drawn.pixelColor(at), inkFor(false).text);
    EXPECT_NE(drawn.pixelColor(at - QPoint(12, 0)), inkFor(false).text);
    EXPECT_EQ(peakLabels(*view.trace(), 0),
              (QStringList{QStringLiteral("peak 400 MiB at 50.0 ms"), QStringLiteral("400 MiB")}));
}

TEST_F(MemoryOfRanks, SaysUnderTheMouseWhatStoodThere) {
    hover(point(70 * ms, 0));
    ASSERT_TRUE(view.shownWords().has_value());
    EXPECT_EQ(view.shownWords()->title, QStringLiteral("Memory of rank 0: 300 MiB at 60.0 ms"));
    EXPECT_EQ(view.shownWords()->lines,
              (QStringList{QStringLiteral("activations 200 MiB · parameters 100 MiB"),
                           QStringLiteral("largest:"),
                           QStringLiteral("200 MiB activations of step 2, layer 1"),
                           QStringLiteral("100 MiB parameters")}));
    hover(point(50 * ms, 0) + QPoint(2, 0));
    EXPECT_EQ(view.shownWords()->title,
              QStringLiteral("Memory peak of rank 0: 400 MiB at 50.0 ms"));
}

TEST_F(MemoryOfRanks, IsWalkedByKeysAndSaidToAScreenReader) {
    key(Qt::Key_Down);
    key(Qt::Key_Down);
    ASSERT_TRUE(view.current().has_value());
    EXPECT_EQ(view.current()->place, (LanePlace{0, LaneKind::Memory}));
    const auto time = [&] {
        return view.trace()->rows[view.current()->place.row].memory.timeOf(view.current()->piece);
    };
    key(Qt::Key_Home);
    for (const std::int64_t expected : {80 * ms, 80 * ms}) {
        for (int i = 0; i < 4; ++i) key(Qt::Key_Right);
        EXPECT_EQ(time(), expected);
    }
    for (const std::int64_t expected : {60 * ms, 50 * ms, 20 * ms, 0L, 0L}) {
        key(Qt::Key_Left);
        EXPECT_EQ(time(), expected);
    }
    EXPECT_TRUE(view.accessibleDescription().startsWith(
        QStringLiteral("Memory of rank 0: 100 MiB at 0 ns\nparameters 100 MiB")))
        << view.accessibleDescription().toStdString();
    key(Qt::Key_Down);
    EXPECT_EQ(view.current()->place, (LanePlace{1, LaneKind::Work}));
}

TEST_F(MemoryOfRanks, GoesToThePeakAndIntoIt) {
    key(Qt::Key_M);
    EXPECT_FALSE(view.memoryShown());
    key(Qt::Key_P);
    EXPECT_TRUE(view.memoryShown());
    ASSERT_TRUE(view.current().has_value());
    EXPECT_EQ(view.current()->place, (LanePlace{0, LaneKind::Memory}));
    EXPECT_TRUE(view.accessibleDescription().startsWith(
        QStringLiteral("Memory peak of rank 0: 400 MiB at 50.0 ms")));
    const double all = view.timeView().span();
    key(Qt::Key_Return);
    EXPECT_NEAR(view.timeView().span(), all / 4, 1);
    EXPECT_NEAR(point(50 * ms, 0).x(), view.places().lane({0, LaneKind::Memory}).center().x(), 2);
    key(Qt::Key_End);
    key(Qt::Key_P);
    EXPECT_LE(view.timeView().from().ns, 50.0 * ms);
}

TEST_F(MemoryOfRanks, IsFoldedAwayAndComesBack) {
    QSignalSpy toggled(&view, &TimelineView::memoryToggled);
    const double with = view.places().lane({0, LaneKind::Work}).height();
    for (int i = 0; i < 2; ++i) key(Qt::Key_Down);
    key(Qt::Key_M);
    EXPECT_EQ(toggled.count(), 1);
    EXPECT_EQ(view.places().lanes().size(), 2U);
    EXPECT_GT(view.places().lane({0, LaneKind::Work}).height(), with);
    EXPECT_FALSE(view.current().has_value()) << "its lane is gone";
    key(Qt::Key_M);
    EXPECT_EQ(view.places().lanes().size(), 3U);
    EXPECT_EQ(view.places().lane({0, LaneKind::Work}).height(), with);
}

TEST_F(MemoryOfRanks, IsNotThereWithoutAllocations) {
    show(test::lateSender());
    EXPECT_FALSE(view.hasMemory());
    EXPECT_EQ(view.places().lanes().size(), 2U);
    key(Qt::Key_P);
    EXPECT_FALSE(view.current().has_value());
    key(Qt::Key_M);
    EXPECT_TRUE(view.memoryShown());
    EXPECT_EQ(mostMemoryText(*view.trace(), view.trace()->range()), QString());
}

TEST_F(MemoryOfRanks, ShowsTheRanksThatHaveItWhereOthersDoNot) {
    std::vector<RankTrace> ranks = test::lateSenderWithMemory();
    ranks[0].allocations.clear();
    show(std::move(ranks));
    EXPECT_EQ(view.places().lanes().size(), 3U);
    hover(point(70 * ms, 0));
    EXPECT_FALSE(view.shownWords().has_value());
    for (int i = 0; i < 3; ++i) key(Qt::Key_Down);
    EXPECT_EQ(view.current()->place, (LanePlace{1, LaneKind::Messages}));
    key(Qt::Key_P);
    EXPECT_EQ(view.current()->place, (LanePlace{1, LaneKind::Memory}));
    picture();
}

TEST_F(MemoryOfRanks, DrawsAGpusSegmentsAsALineOverItsTensors) {
    std::vector<RankTrace> ranks = test::lateSenderWithMemory();
    ranks[0].allocations.push_back(
        {.begin = 0, .bytes = 800 * mib, .category = MemoryCategory::Segments});
    show(std::move(ranks));
    EXPECT_EQ(view.trace()->mostMemory, 800 * mib);
    const QImage drawn = picture();
    const QPoint high = point(70 * ms, 0, 1);
    bool line = false;
    for (int y = high.y(); y < high.y() + 6; ++y)
        line = line || drawn.pixelColor(high.x(), y) == inkFor(false).text;
    EXPECT_TRUE(line);
    EXPECT_EQ(drawn.pixelColor(point(70 * ms, 0, 0.5)), inkFor(false).panel)
        << "the tensors take 300 of 800 MiB";
    hover(point(70 * ms, 0));
    ASSERT_TRUE(view.shownWords().has_value());
    EXPECT_TRUE(view.shownWords()->title.startsWith(QStringLiteral("Memory of rank 0: 300 MiB")));
    EXPECT_TRUE(
        view.shownWords()->lines.contains(QStringLiteral("taken from the GPU's driver: 800 MiB")));
}

TEST_F(MemoryOfRanks, SaysTheMostOfASelection) {
    const auto of = [&](std::int64_t from, std::int64_t to) {
        return mostMemoryText(*view.trace(), {from, to});
    };
    EXPECT_EQ(of(0, 100 * ms), QStringLiteral("memory at most 400 MiB, on rank 0 at 50.0 ms"));
    EXPECT_EQ(of(65 * ms, 70 * ms), QStringLiteral("memory at most 300 MiB, on rank 0 at 65.0 ms"));
    EXPECT_EQ(of(0, 10 * ms), QStringLiteral("memory at most 100 MiB, on rank 0 at 0 ns"));
}

}  // namespace
}  // namespace ringscope::ui
