#include "backend/plan/hilbert.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <vector>

namespace ringscope {
namespace {

using ::testing::ElementsAre;

std::vector<std::int64_t> curve(const ImageSize& image) {
    std::vector<std::int64_t> cells;
    alongHilbert(image, [&](std::int64_t cell) { cells.push_back(cell); });
    return cells;
}

// The classical curve as its textbook has it: the cell at distance `along` on a square of side n.
std::int64_t textbookCell(std::int64_t n, std::int64_t along) {
    std::int64_t x = 0, y = 0;
    for (std::int64_t side = 1; side < n; side *= 2, along /= 4) {
        const std::int64_t right = along / 2 % 2;
        const std::int64_t up = (along ^ right) % 2;
        if (up == 0) {
            if (right == 1) {
                x = side - 1 - x;
                y = side - 1 - y;
            }
            std::swap(x, y);
        }
        x += side * right;
        y += side * up;
    }
    return x * n + y;
}

TEST(Hilbert, IsTheClassicalCurveOnSquaresOfPowersOfTwo) {
    EXPECT_THAT(curve({2, 2}), ElementsAre(0, 1, 3, 2));
    EXPECT_THAT(curve({4, 4}), ElementsAre(0, 4, 5, 1, 2, 3, 7, 6, 10, 11, 15, 14, 13, 9, 8, 12));
    for (std::int64_t side = 1; side <= 64; side *= 2) {
        const std::vector<std::int64_t> cells = curve({side, side});
        ASSERT_EQ(std::ssize(cells), side * side);
        for (std::int64_t i = 0; i < side * side; ++i)
            ASSERT_EQ(cells[static_cast<std::size_t>(i)], textbookCell(side, i)) << side;
    }
}

TEST(Hilbert, SeesEachCellOfAnyImageOnceInStepsToNeighbours) {
    for (std::int64_t rows = 1; rows <= 20; ++rows) {
        for (std::int64_t columns = 1; columns <= 20; ++columns) {
            const std::vector<std::int64_t> cells = curve({rows, columns});
            std::vector<int> seen(static_cast<std::size_t>(rows * columns), 0);
            for (const std::int64_t cell : cells) ++seen.at(static_cast<std::size_t>(cell));
            EXPECT_THAT(seen, ::testing::Each(1)) << rows << " x " << columns;
            for (std::size_t i = 1; i < cells.size(); ++i) {
                const std::int64_t down = std::abs(cells[i] / columns - cells[i - 1] / columns);
                const std::int64_t aside = std::abs(cells[i] % columns - cells[i - 1] % columns);
                ASSERT_LE(std::max(down, aside), 1) << rows << " x " << columns << " at " << i;
                const bool even = rows % 2 == 0 && columns % 2 == 0;
                ASSERT_TRUE(!even || down + aside == 1) << rows << " x " << columns << " at " << i;
            }
        }
    }
}

TEST(SquareImage, CoversItsCellsWithTheFewestRowsAndColumns) {
    EXPECT_EQ(squareImage(16), (ImageSize{4, 4}));
    EXPECT_EQ(squareImage(17), (ImageSize{4, 5}));
    EXPECT_EQ(squareImage(20), (ImageSize{4, 5}));
    EXPECT_EQ(squareImage(21), (ImageSize{5, 5}));
    EXPECT_EQ(squareImage(1), (ImageSize{1, 1}));
    EXPECT_EQ(squareImage(67'108'864), (ImageSize{8192, 8192}));
}

}  // namespace
}  // namespace ringscope
