#include "backend/analysis/memory_track.h"

#include <algorithm>
#include <limits>

namespace ringscope {
namespace {

constexpr std::size_t block = 32;
constexpr std::size_t packed = 128;  // allocations in a pack

}  // namespace

MemoryTrack::MemoryTrack(const RankTrace& rank, MemoryOf of) : allocations_(rank.allocations) {
    BytesByCategory last{};
    const auto add = [&](std::int64_t at, const BytesByCategory& held) {
        if (changes_.empty()) before_.push_back(held);
        Change change{.at = at, .bytes = 0, .category = 0};
        for (std::size_t c = 0; c < held.size() && !changes_.empty(); ++c)
            if (held[c] != last[c]) {
                change.bytes = held[c] - last[c];
                change.category = c;
            }
        if (!changes_.empty() && changes_.size() % block == 0) before_.push_back(last);
        last = held;
        changes_.push_back(change);
    };
    overMemory(rank, add, of);
    // Where no step was recorded there is no curve.
    if (!empty() && changes_.front().at == std::numeric_limits<std::int64_t>::max()) *this = {};
    if (empty()) return;
    end_ = changes_.back().at;
    for (const Span& span : rank.spans)
        if (span.kind() == SpanKind::Step) end_ = std::max(end_, span.end());
    fold();
    peak_ = mostOf(0, count());
    pack(of);
}

void MemoryTrack::fold() {
    levels_.emplace_back();
    for (std::size_t first = 0; first < count(); first += block)
        levels_[0].push_back(mostWithin(first, std::min(count(), first + block)));
    while (levels_.back().size() > block) {
        const std::vector<Most>& below = levels_.back();
        std::vector<Most> level;
        for (std::size_t first = 0; first < below.size(); first += block)
            level.push_back(
                mostOfLevel(levels_.size() - 1, first, std::min(below.size(), first + block)));
        levels_.push_back(std::move(level));
    }
}

void MemoryTrack::pack(MemoryOf of) {
    for (std::uint32_t i = 0; i < allocations_.size(); ++i)
        if (isOf(allocations_[i], of)) byBegin_.push_back(i);
    std::ranges::stable_sort(byBegin_, {}, [&](std::uint32_t i) { return allocations_[i].begin; });
    for (std::size_t i = 0; i < byBegin_.size(); ++i) {
        const Allocation& one = allocations_[byBegin_[i]];
        if (i % packed == 0) packs_.push_back({one.begin, one.end, one.bytes});
        packs_.back().lastEnd = std::max(packs_.back().lastEnd, one.end);
        packs_.back().largest = std::max(packs_.back().largest, one.bytes);
    }
}

std::size_t MemoryTrack::firstFrom(double time, std::size_t hint) const {
    const auto earlier = [&](const Change& change) {
        return static_cast<double>(change.at) < time;
    };
    std::size_t low = hint;
    std::size_t reach = 1;
    while (low + reach < count() && earlier(changes_[low + reach])) {
        low += reach;
        reach *= 2;
    }
    const auto at = [&](std::size_t i) {
        return changes_.begin() + static_cast<std::ptrdiff_t>(std::min(i, count()));
    };
    return static_cast<std::size_t>(std::partition_point(at(low), at(low + reach + 1), earlier) -
                                    changes_.begin());
}

std::size_t MemoryTrack::inForce(double time, std::size_t next) const {
    const bool begins = next < count() && static_cast<double>(timeOf(next)) <= time;
    return next == 0 || begins ? next : next - 1;
}

BytesByCategory MemoryTrack::heldAt(std::size_t moment) const {
    BytesByCategory held = before_[moment / block];
    for (std::size_t i = moment / block * block; i <= moment; ++i)
        held[changes_[i].category] += changes_[i].bytes;
    return held;
}

// Of moments of one block.
MemoryTrack::Most MemoryTrack::mostWithin(std::size_t first, std::size_t end) const {
    std::int64_t total = totalOf(before_[first / block]);
    Most most{-1, first};
    for (std::size_t i = first / block * block; i < end; ++i) {
        total += changes_[i].bytes;
        if (i >= first && total > most.total) most = {total, i};
    }
    return most;
}

// Of whole entries of a level, by way of the level above where they fill its entries.
MemoryTrack::Most MemoryTrack::mostOfLevel(std::size_t level, std::size_t first,
                                           std::size_t end) const {
    Most most{-1, 0};
    const auto take = [&](const Most& other) {
        if (other.total > most.total || (other.total == most.total && other.moment < most.moment))
            most = other;
    };
    const std::vector<Most>& entries = levels_[level];
    const bool top = level + 1 >= levels_.size();
    while (first < end && (top || first % block != 0)) take(entries[first++]);
    while (first < end && end % block != 0) take(entries[--end]);
    if (first < end) take(mostOfLevel(level + 1, first / block, end / block));
    return most;
}

std::size_t MemoryTrack::mostOf(std::size_t first, std::size_t end) const {
    const std::size_t firstWhole = (first + block - 1) / block;
    const std::size_t endWhole = end / block;
    if (firstWhole > endWhole || first / block == (end - 1) / block)
        return mostWithin(first, end).moment;
    Most most = first % block != 0 ? mostWithin(first, firstWhole * block) : Most{-1, first};
    const auto take = [&](const Most& later) {
        if (later.total > most.total) most = later;
    };
    if (firstWhole < endWhole) take(mostOfLevel(0, firstWhole, endWhole));
    if (end % block != 0) take(mostWithin(endWhole * block, end));
    return most.moment;
}

std::vector<Allocation> MemoryTrack::largestAt(std::int64_t time, std::size_t most) const {
    std::vector<Allocation> found;  // the largest first
    if (most == 0) return found;
    for (std::size_t p = 0; p < packs_.size() && packs_[p].begin <= time; ++p) {
        const Pack& pack = packs_[p];
        if (pack.lastEnd <= time) continue;
        if (found.size() == most && pack.largest < found.back().bytes) continue;
        const std::size_t end = std::min(byBegin_.size(), (p + 1) * packed);
        for (std::size_t i = p * packed; i < end; ++i) {
            const Allocation& one = allocations_[byBegin_[i]];
            if (one.begin > time || one.end <= time) continue;
            if (found.size() == most && !isLarger(one, found.back())) continue;
            if (found.size() == most) found.pop_back();
            found.insert(std::ranges::upper_bound(found, one, isLarger), one);
        }
    }
    return found;
}

}  // namespace ringscope
