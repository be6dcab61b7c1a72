// One lane of a rank's row: pieces of time, each with a tint, sorted and disjoint.
//
// A lane is asked for what a window shows at so many nanoseconds a pixel:
//
//   pieces     |==| |=| || | |=========|  ||| |
//   strokes    |#####|  |##| |=========|  |##|      # summed: how much of each tint is in the pixel
//
// A piece at least a pixel long comes back as itself; shorter ones that begin in the same pixel
// come back as one stroke with the time of each tint. So the cost is that of the pixels, not of the
// pieces, and no nanosecond is lost: the strokes of a window sum up to its pieces at any zoom.
#pragma once

#include "ui/timeline/times.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace ringscope::ui {

enum class Tint : std::uint8_t {
    Attention,
    Compute,
    Copy,
    Host,
    Transfer,
    Wait,
    Unpaired,
    Exposed
};
inline constexpr std::size_t tintCount = 8;
using Shares = std::array<std::int64_t, tintCount>;  // nanoseconds of each tint

inline constexpr std::uint32_t noSpan = std::numeric_limits<std::uint32_t>::max();

// Times of pieces and strokes are those of the trace's clock.
struct Piece {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    std::uint32_t span = noSpan;  // index into the rank's spans
    Tint tint = Tint::Host;
    bool operator==(const Piece&) const = default;
};

struct Stroke {
    std::int64_t begin = 0;  // of the first piece
    std::int64_t end = 0;    // of the last
    std::int32_t pieces = 0;
    std::uint32_t first = 0;  // index of the first piece
    Shares shares{};
};

class Lane {
public:
    Lane() = default;
    explicit Lane(std::vector<Piece> pieces);

    const std::vector<Piece>& pieces() const { return pieces_; }

    // Replaces `strokes` by those of the pieces that touch the stretch. Pieces are not cut at its
    // ends. The stretch may lie outside of the lane; nsPerPixel is positive.
    void visible(const TraceStretch& shown, double nsPerPixel, std::vector<Stroke>& strokes) const;

    // How much of each tint lies in [from, to), pieces cut at its ends.
    Shares within(std::int64_t from, std::int64_t to) const;

    // The piece at a moment, else the first after it; pieces().size() behind the last.
    std::size_t at(TraceTime time) const;

private:
    Shares before(std::size_t piece) const;
    std::size_t firstFrom(double time, std::size_t hint) const;

    std::vector<Piece> pieces_;
    std::vector<Shares> sums_;          // of all pieces before each block
    std::vector<std::int64_t> begins_;  // of each block's first piece
};

}  // namespace ringscope::ui
