#include "ui/timeline/lane.h"

#include <algorithm>
#include <cmath>

namespace ringscope::ui {
namespace {

constexpr std::size_t block = 32;

void add(Shares& shares, const Piece& piece) {
    shares[static_cast<std::size_t>(piece.tint)] += piece.end - piece.begin;
}

}  // namespace

Lane::Lane(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {
    Shares sum{};
    sums_.reserve(pieces_.size() / block + 1);
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
        if (i % block == 0) {
            sums_.push_back(sum);
            begins_.push_back(pieces_[i].begin);
        }
        add(sum, pieces_[i]);
    }
    if (pieces_.size() % block == 0) sums_.push_back(sum);
}

// The time of each tint in the pieces before this one.
Shares Lane::before(std::size_t piece) const {
    Shares sum = sums_.empty() ? Shares{} : sums_[piece / block];
    for (std::size_t i = piece / block * block; i < piece; ++i) add(sum, pieces_[i]);
    return sum;
}

// The first piece, from `hint` on, that begins at `time` or later. Blocks are searched first, near
// ones before far ones: their begins stand close together in memory, the pieces do not.
std::size_t Lane::firstFrom(double time, std::size_t hint) const {
    const auto earlier = [time](std::int64_t begin) { return static_cast<double>(begin) < time; };
    std::size_t low = hint / block;
    std::size_t reach = 1;
    while (low + reach < begins_.size() && earlier(begins_[low + reach])) {
        low += reach;
        reach *= 2;
    }
    const auto iterator = [](const auto& values, std::size_t at) {
        return values.begin() + static_cast<std::ptrdiff_t>(std::min(at, values.size()));
    };
    const auto later = std::partition_point(iterator(begins_, low + 1),
                                            iterator(begins_, low + reach + 1), earlier);
    const auto last = static_cast<std::size_t>(later - begins_.begin());  // block behind the one
    const auto found = std::partition_point(iterator(pieces_, std::max(hint, (last - 1) * block)),
                                            iterator(pieces_, last * block),
                                            [&](const Piece& p) { return earlier(p.begin); });
    return static_cast<std::size_t>(found - pieces_.begin());
}

void Lane::visible(const TraceStretch& shown, double nsPerPixel,
                   std::vector<Stroke>& strokes) const {
    const double from = shown.from;
    const double to = shown.to;
    strokes.clear();
    const auto touches = std::partition_point(pieces_.begin(), pieces_.end(), [&](const Piece& p) {
        return static_cast<double>(p.end) <= from;
    });
    auto i = static_cast<std::size_t>(touches - pieces_.begin());
    while (i < pieces_.size() && static_cast<double>(pieces_[i].begin) < to) {
        const Piece& piece = pieces_[i];
        const auto wide = [&](const Piece& p) {
            return static_cast<double>(p.end - p.begin) >= nsPerPixel;
        };
        std::size_t next = i + 1;
        if (!wide(piece)) {
            const double pixel = std::floor((static_cast<double>(piece.begin) - from) / nsPerPixel);
            next = std::max(next, firstFrom(std::min(to, from + (pixel + 1) * nsPerPixel), i));
            // Pieces do not overlap, so only the last of a pixel can be longer than it.
            if (next > i + 1 && wide(pieces_[next - 1])) --next;
        }
        Stroke stroke{.begin = piece.begin,
                      .end = pieces_[next - 1].end,
                      .pieces = static_cast<std::int32_t>(next - i),
                      .first = static_cast<std::uint32_t>(i),
                      .shares = {}};
        if (next - i <= block) {
            for (std::size_t p = i; p < next; ++p) add(stroke.shares, pieces_[p]);
        } else {
            stroke.shares = before(next);
            const Shares earlier = before(i);
            for (std::size_t t = 0; t < tintCount; ++t) stroke.shares[t] -= earlier[t];
        }
        strokes.push_back(stroke);
        i = next;
    }
}

std::size_t Lane::at(TraceTime time) const {
    const auto found = std::ranges::upper_bound(pieces_, time.ns, {}, &Piece::end);
    return static_cast<std::size_t>(found - pieces_.begin());
}

Shares Lane::within(std::int64_t from, std::int64_t to) const {
    if (from >= to) return {};
    const auto until = [this](std::int64_t time) {
        const std::size_t piece = at({time});
        Shares sum = before(piece);
        if (piece < pieces_.size() && pieces_[piece].begin < time)
            sum[static_cast<std::size_t>(pieces_[piece].tint)] += time - pieces_[piece].begin;
        return sum;
    };
    Shares sum = until(to);
    const Shares earlier = until(from);
    for (std::size_t t = 0; t < tintCount; ++t) sum[t] -= earlier[t];
    return sum;
}

}  // namespace ringscope::ui
