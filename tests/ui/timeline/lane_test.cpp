// A lane's level of detail, held against looking at every piece.
#include "ui/timeline/lane.h"

#include <gtest/gtest.h>
#include <algorithm>
#include <random>

namespace ringscope::ui {
namespace {

std::vector<Piece> randomPieces(std::mt19937& random, std::size_t count) {
    std::vector<Piece> pieces;
    std::int64_t now = 100;
    for (std::uint32_t i = 0; i < count; ++i) {
        now += random() % 3 == 0 ? 0 : static_cast<std::int64_t>(random() % 30);
        const std::int64_t length =
            1 + static_cast<std::int64_t>(random() % (random() % 8 == 0 ? 400 : 12));
        pieces.push_back({now, now + length, i, static_cast<Tint>(random() % tintCount)});
        now += length;
    }
    return pieces;
}

Shares sumOf(const std::vector<Stroke>& strokes) {
    Shares sum{};
    for (const Stroke& stroke : strokes)
        for (std::size_t t = 0; t < tintCount; ++t) sum[t] += stroke.shares[t];
    return sum;
}

class LaneProperty : public testing::TestWithParam<double> {};  // ns a pixel

TEST_P(LaneProperty, LosesNoNanosecondAtAnyZoom) {
    std::mt19937 random(11);
    for (int round = 0; round < 100; ++round) {
        const std::vector<Piece> pieces = randomPieces(random, random() % 300);
        const Lane lane(pieces);
        const double from = static_cast<double>(random() % 4000);
        const double to = from + 1 + static_cast<double>(random() % 4000);
        std::vector<Stroke> strokes;
        lane.visible({from, to}, GetParam(), strokes);

        std::vector<Piece> touched;
        std::ranges::copy_if(pieces, std::back_inserter(touched), [&](const Piece& p) {
            return static_cast<double>(p.end) > from && static_cast<double>(p.begin) < to;
        });
        std::size_t at = 0;
        for (const Stroke& stroke : strokes) {
            Shares expected{};
            ASSERT_LE(at + static_cast<std::size_t>(stroke.pieces), touched.size());
            EXPECT_EQ(pieces[stroke.first], touched[at]);
            EXPECT_EQ(stroke.begin, touched[at].begin);
            for (int i = 0; i < stroke.pieces; ++i, ++at)
                expected[static_cast<std::size_t>(touched[at].tint)] +=
                    touched[at].end - touched[at].begin;
            EXPECT_EQ(stroke.end, touched[at - 1].end);
            EXPECT_EQ(stroke.shares, expected);
        }
        EXPECT_EQ(at, touched.size());
    }
}

TEST_P(LaneProperty, CostsWhatThePixelsCost) {
    std::mt19937 random(12);
    const Lane lane(randomPieces(random, 20'000));
    const double width = 200;
    std::vector<Stroke> strokes;
    for (double from : {0.0, 5'000.0, 100'000.0}) {
        lane.visible({from, from + width * GetParam()}, GetParam(), strokes);
        // A pixel has a stroke of what is shorter than it, and one that is longer may begin in it.
        EXPECT_LE(static_cast<double>(strokes.size()), 2 * width + 2);
    }
}

TEST_P(LaneProperty, ShowsAPieceOfAPixelOrMoreAsItself) {
    std::mt19937 random(13);
    const std::vector<Piece> pieces = randomPieces(random, 500);
    std::vector<Stroke> strokes;
    Lane(pieces).visible({0, 1e9}, GetParam(), strokes);
    std::vector<std::uint32_t> alone;
    for (const Stroke& stroke : strokes)
        if (stroke.pieces == 1) alone.push_back(stroke.first);
    for (std::uint32_t i = 0; i < pieces.size(); ++i)
        if (static_cast<double>(pieces[i].end - pieces[i].begin) >= GetParam()) {
            EXPECT_TRUE(std::ranges::binary_search(alone, i)) << i;
        }
}

INSTANTIATE_TEST_SUITE_P(Zooms, LaneProperty, testing::Values(0.1, 1.0, 3.7, 40.0, 977.0, 1e6));

TEST(Lane, MeasuresAWindowAsCountingDoes) {
    std::mt19937 random(14);
    const std::vector<Piece> pieces = randomPieces(random, 200);
    const Lane lane(pieces);
    for (int round = 0; round < 300; ++round) {
        const auto from = static_cast<std::int64_t>(random() % 6000);
        const auto to = from + static_cast<std::int64_t>(random() % 3000);
        Shares expected{};
        for (const Piece& piece : pieces)
            expected[static_cast<std::size_t>(piece.tint)] +=
                std::max<std::int64_t>(0, std::min(to, piece.end) - std::max(from, piece.begin));
        EXPECT_EQ(lane.within(from, to), expected);
    }
}

TEST(Lane, OfNothingShowsNothing) {
    std::vector<Stroke> strokes(3);
    Lane().visible({0, 100}, 1, strokes);
    EXPECT_TRUE(strokes.empty());
    EXPECT_EQ(Lane().within(0, 100), Shares{});
    EXPECT_EQ(Lane().at({5}), 0U);
    EXPECT_EQ(sumOf(strokes), Shares{});
}

}  // namespace
}  // namespace ringscope::ui
