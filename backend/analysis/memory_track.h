// What a rank's tensors, or its GPU's segments, held at any moment. Built once; a question is then
// answered fast enough for every movement of a mouse over millions of allocations.
//
//     const MemoryTrack track(rank);
//     track.heldAt(track.peak());                      // by category, where it was the most
//     const auto most = track.mostOf(track.firstFrom(a), track.firstFrom(b));
//     track.heldAt(most);                              // the same within [a, b)
//     track.largestAt(track.timeOf(track.peak()), 5);  // what was allocated then
//
// The curve is a list of moments, each holding until the next one. Of every 32 it keeps what was
// held before and where the most was, and the same of every 32 of those, so the most of a stretch
// costs two blocks at its ends and a few steps between.
#pragma once

#include "backend/trace/memory_curve.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ringscope {

class MemoryTrack {
public:
    // Empty where memory was not recorded.
    MemoryTrack() = default;
    // The rank must outlive the track and must not be moved.
    explicit MemoryTrack(const RankTrace& rank, MemoryOf of = MemoryOf::Tensors);

    bool empty() const { return changes_.empty(); }
    // Moments, by time; several may share one, and the last of them is what lasts.
    std::size_t count() const { return changes_.size(); }
    std::int64_t timeOf(std::size_t moment) const { return changes_[moment].at; }
    std::int64_t end() const { return end_; }  // of what was recorded

    // The first moment at `time` or later, looked for from `hint` on; count() behind the last.
    std::size_t firstFrom(double time, std::size_t hint = 0) const;
    // The moment that is in force at `time`, where `next` is firstFrom(time).
    std::size_t inForce(double time, std::size_t next) const;
    // What is held from the moment on.
    BytesByCategory heldAt(std::size_t moment) const;
    // The first of the moments in [first, end) from which on the most is held; first < end.
    std::size_t mostOf(std::size_t first, std::size_t end) const;
    std::size_t peak() const { return peak_; }

    // What is live at `time`, the largest first, `most` of them at most.
    std::vector<Allocation> largestAt(std::int64_t time, std::size_t most) const;

private:
    struct Change {
        std::int64_t at;
        std::int64_t bytes : 56;  // below 0: given back
        std::uint64_t category : 8;
    };
    static_assert(sizeof(Change) == 16);
    struct Most {
        std::int64_t total;
        std::size_t moment;
    };
    struct Pack {  // of allocations that begin one after the other
        std::int64_t begin;
        std::int64_t lastEnd;
        std::int64_t largest;
    };

    void fold();
    void pack(MemoryOf of);
    Most mostWithin(std::size_t first, std::size_t end) const;
    Most mostOfLevel(std::size_t level, std::size_t first, std::size_t end) const;

    std::vector<Change> changes_;
    std::vector<BytesByCategory> before_;    // of each block: held before its first moment
    std::vector<std::vector<Most>> levels_;  // of each block; of each block of those; …
    std::size_t peak_ = 0;
    std::int64_t end_ = 0;
    std::span<const Allocation> allocations_;
    std::vector<std::uint32_t> byBegin_;
    std::vector<Pack> packs_;
};

}  // namespace ringscope
