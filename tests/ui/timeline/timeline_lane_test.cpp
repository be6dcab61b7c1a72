// The lanes of a row, without a widget: what is found, walked and said in each.
#include "ui/timeline/lane_table.h"

#include "tests/ui/timeline/made_trace.h"

#include <gtest/gtest.h>

namespace ringscope::ui {
namespace {

using test::ms;

class Lanes : public testing::Test {
protected:
    // 100 ms in 1000 pixels from 96 on: a tenth of a millisecond a pixel.
    const LaneSight sight{{96, 50, 1000, 30}, TimeView(100.0 * ms, 1000)};
    double pixel(std::int64_t time) const { return 96 + static_cast<double>(time) / (0.1 * ms); }

    std::shared_ptr<const OpenedTrace> trace = openTrace(mergeRanks(test::lateSenderWithMemory()));
    TimelineLanes lanes{*trace};
    const TimelineLane& earlyWork = lanes.at({1, LaneKind::Work});
    const TimelineLane& memory = lanes.at({0, LaneKind::Memory});
};

TEST_F(Lanes, FindThePieceUnderTheMouseAndOneWithinThreePixels) {
    EXPECT_EQ(earlyWork.at(sight, pixel(10 * ms)), 0U);
    EXPECT_EQ(earlyWork.at(sight, pixel(20 * ms) + 2), 0U);
    EXPECT_EQ(earlyWork.at(sight, pixel(20 * ms) + 4), std::nullopt);
    EXPECT_EQ(earlyWork.at(sight, pixel(80 * ms) - 2), 1U);
    EXPECT_EQ(earlyWork.at(sight, pixel(80 * ms) - 4), std::nullopt);
}

TEST_F(Lanes, FindAPieceNearATime) {
    EXPECT_EQ(earlyWork.near({5 * ms}), 0U);
    EXPECT_EQ(earlyWork.near({50 * ms}), 1U) << "the next one, where there is none";
    EXPECT_EQ(earlyWork.near({99 * ms}), 1U) << "the last one, behind it";
}

TEST_F(Lanes, AreWalkedPieceByPieceUntilTheirEnds) {
    EXPECT_EQ(earlyWork.step(0, 1, sight.view), 1U);
    EXPECT_EQ(earlyWork.step(1, 1, sight.view), std::nullopt);
    EXPECT_EQ(earlyWork.step(1, -1, sight.view), 0U);
    EXPECT_EQ(earlyWork.step(0, -1, sight.view), std::nullopt);
    EXPECT_EQ(earlyWork.stretch(1), (Interval{80 * ms, 95 * ms}));
}

TEST_F(Lanes, OfMemoryFindThePeakWithinThreePixelsElseTheMostOfThePixel) {
    const MemoryTrack& track = trace->rows[0].memory;
    EXPECT_EQ(memory.at(sight, pixel(50 * ms) + 3), track.peak());
    const std::optional<std::size_t> later = memory.at(sight, pixel(90 * ms));
    ASSERT_TRUE(later.has_value());
    EXPECT_EQ(totalOf(track.heldAt(*later)), 100 * test::mib);
}

TEST_F(Lanes, OfMemoryAreWalkedByChangesThatAreAPixelApart) {
    const MemoryTrack& track = trace->rows[0].memory;
    const TimeView far(1e12, 10);
    const auto first = memory.near({0});
    ASSERT_TRUE(first.has_value());
    const auto next = memory.step(*first, 1, sight.view);
    ASSERT_TRUE(next.has_value());
    EXPECT_EQ(track.timeOf(*next), 20 * ms);
    EXPECT_EQ(memory.step(*first, 1, far), std::nullopt) << "all changes are in one pixel";
    EXPECT_EQ(memory.stretch(*next), (Interval{20 * ms, 20 * ms})) << "a moment has no length";
}

TEST_F(Lanes, SayTheirNamesAndWhatTheirHeightIs) {
    EXPECT_EQ(earlyWork.name(), QStringLiteral("work"));
    EXPECT_EQ(earlyWork.scale(), QString());
    EXPECT_EQ(memory.name(), QStringLiteral("memory"));
    EXPECT_EQ(memory.scale(), QStringLiteral("400 MiB"));
}

TEST_F(Lanes, AreThoseThatWereRecordedAndAreNotFolded) {
    EXPECT_EQ(lanes.heights().size(), laneTable().size());
    const LaneKind folded[] = {LaneKind::Memory};
    EXPECT_EQ(lanes.heights(folded).size(), laneTable().size() - 1);
    EXPECT_TRUE(lanes.has(LaneKind::Memory));

    const auto bare = openTrace(mergeRanks(test::lateSender()));
    const TimelineLanes without(*bare);
    EXPECT_FALSE(without.has(LaneKind::Memory));
    EXPECT_EQ(without.heights().size(), laneTable().size() - 1);
}

TEST_F(Lanes, OfARankThatRecordedNothingAreEmpty) {
    const auto empty = openTrace(mergeRanks({test::rankTrace(0, 1, {})}));
    const TimelineLanes none(*empty);
    for (const LaneHeight& lane : none.heights()) {
        EXPECT_EQ(none.at({0, lane.kind}).near({0}), std::nullopt);
        EXPECT_EQ(none.at({0, lane.kind}).at(sight, 500), std::nullopt);
    }
}

class Layout : public testing::Test {
protected:
    const std::vector<LaneHeight> heights = [] {
        std::vector<LaneHeight> all;
        for (const LaneRow& row : laneTable()) all.push_back(row.height);
        return all;
    }();
};

TEST_F(Layout, StacksTheLanesOfARowWithoutOverlapInsideTheRow) {
    for (const int height : {200, 421, 900, 1400}) {
        const TimelineLayout layout(QSize(1000, height), 2, 0, heights);
        for (const std::size_t row : {0U, 1U}) {
            double bottom = layout.row(row).top();
            for (const LaneHeight& lane : heights) {
                const QRectF box = layout.lane({row, lane.kind});
                EXPECT_GE(box.top(), bottom);
                EXPECT_GE(box.height(), 10);
                bottom = box.bottom();
            }
            EXPECT_LE(bottom, layout.row(row).bottom());
        }
    }
}

TEST_F(Layout, DividesARowByTheSharesOfItsLanes) {
    const std::vector<LaneHeight> two = {{LaneKind::Work, 50, 500, 3},
                                         {LaneKind::Messages, 50, 500, 1}};
    const TimelineLayout layout(QSize(1000, 700), 1, 0, two);
    EXPECT_NEAR(layout.lane({0, LaneKind::Work}).height(),
                3 * layout.lane({0, LaneKind::Messages}).height(), 4);
    EXPECT_TRUE(layout.lane({0, LaneKind::Memory}).isEmpty()) << "it is not shown";
}

TEST_F(Layout, FindsTheLaneUnderAPointAndNoneBetweenLanes) {
    const TimelineLayout layout(QSize(1000, 700), 2, 0, heights);
    for (const LaneHeight& lane : heights) {
        const LanePlace place{1, lane.kind};
        EXPECT_EQ(layout.laneAt(layout.lane(place).center()), place);
        EXPECT_EQ(layout.laneAt({layout.gutter() - 1, layout.lane(place).center().y()}),
                  std::nullopt);
        EXPECT_EQ(layout.laneAt(layout.lane(place).bottomLeft() + QPointF(5, 1)), std::nullopt);
    }
}

TEST_F(Layout, OfNoRowsFindsNothing) {
    for (const TimelineLayout& layout :
         {TimelineLayout(QSize(1000, 700), 0, 0, {}), TimelineLayout()}) {
        EXPECT_EQ(layout.firstShown(), 0U);
        EXPECT_EQ(layout.endShown(), 0U);
        EXPECT_EQ(layout.laneAt({500, 500}), std::nullopt);
    }
}

}  // namespace
}  // namespace ringscope::ui
