// The cells of an image in the order of a Hilbert curve. What is near on the curve is near in the
// image, so any stretch of it is a patch, and not a band of rows.
//
//   4 x 4     0  3  4  5        An image may have any rows and columns. A square whose side is a
//             1  2  7  6        power of two has the classical curve. Where both sides are even,
//            14 13  8  9        each step goes to a neighbour in the same row or column; else some
//            15 12 11 10        go to a diagonal one.
#pragma once

#include <cstdint>
#include <functional>

namespace ringscope {

struct ImageSize {
    std::int64_t rows = 1;
    std::int64_t columns = 1;

    std::int64_t cells() const { return rows * columns; }
    bool operator==(const ImageSize&) const = default;
};

// The image with the fewest rows and columns that is as square as can be and has `cells` cells or
// more.
ImageSize squareImage(std::int64_t cells);

// Calls `see` with each cell, counted row by row, in the curve's order.
void alongHilbert(const ImageSize& image, const std::function<void(std::int64_t cell)>& see);

}  // namespace ringscope
