#include "backend/plan/hilbert.h"

#include <cmath>

namespace ringscope {
namespace {

// Cells beside each other, and how far the next one is in the image's count.
struct Side {
    std::int64_t cells = 1;
    std::int64_t step = 1;

    Side first(std::int64_t some) const { return {some, step}; }
    Side after(std::int64_t some) const { return {cells - some, step}; }
    Side back() const { return {cells, -step}; }
};

// Half of it; an even number where that can be, so that the curve leaves at the side it should.
std::int64_t evenHalf(std::int64_t cells) {
    const std::int64_t half = cells / 2;
    return half % 2 == 1 && cells > 2 ? half + 1 : half;
}

class Curve {
public:
    explicit Curve(const std::function<void(std::int64_t)>& see) : see_(see) {}

    // The patch that `along` and `across` span from `corner` on, to the far end of `along`.
    void walk(std::int64_t corner, const Side& along, const Side& across) const {
        if (across.cells == 1) return straight(corner, along);
        if (along.cells == 1) return straight(corner, across);
        if (2 * along.cells > 3 * across.cells) {  // two patches, one behind the other
            const std::int64_t half = evenHalf(along.cells);
            walk(corner, along.first(half), across);
            walk(corner + half * along.step, along.after(half), across);
            return;
        }
        // Away from the side it begins at, along the other half, and back.
        const std::int64_t away = evenHalf(across.cells);
        const std::int64_t half = along.cells / 2;
        walk(corner, across.first(away), along.first(half));
        walk(corner + away * across.step, along, across.after(away));
        walk(corner + (along.cells - 1) * along.step + (away - 1) * across.step,
             across.first(away).back(), along.after(half).back());
    }

private:
    void straight(std::int64_t corner, const Side& side) const {
        for (std::int64_t i = 0; i < side.cells; ++i) see_(corner + i * side.step);
    }

    const std::function<void(std::int64_t)>& see_;
};

}  // namespace

ImageSize squareImage(std::int64_t cells) {
    auto columns = static_cast<std::int64_t>(std::sqrt(static_cast<double>(cells)));
    while (columns * columns < cells) ++columns;
    return {(cells + columns - 1) / columns, columns};
}

void alongHilbert(const ImageSize& image, const std::function<void(std::int64_t cell)>& see) {
    const Side down{image.rows, image.columns};
    const Side right{image.columns, 1};
    const Curve curve(see);
    if (image.rows >= image.columns)
        curve.walk(0, down, right);
    else
        curve.walk(0, right, down);
}

}  // namespace ringscope
