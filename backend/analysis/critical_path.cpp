#include "backend/analysis/critical_path.h"

#include "backend/analysis/rank_sets.h"
#include "backend/analysis/step_parts.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace ringscope {
namespace {

struct RankWaits {
    RankSets sets;
    std::vector<BlamedWait> waits;
};

// The last wait that ended by then; waits of length 0 do not exist.
const BlamedWait* lastWaitBy(const std::vector<BlamedWait>& waits, std::int64_t time) {
    const auto later = std::ranges::upper_bound(
        waits, time, {}, [](const BlamedWait& wait) { return wait.when.end; });
    return later == waits.begin() ? nullptr : &*std::prev(later);
}

PathShare shareOf(int rank, const RankSets& sets, const IntervalSet& onPath) {
    const auto on = [&](const IntervalSet& set) { return lengthOf(intersectionOf(set, onPath)); };
    PathShare share{.rank = rank, .total = lengthOf(onPath)};
    share.attention = on(intersectionOf(sets.attention, sets.compute));
    share.compute = on(sets.compute) - share.attention;
    share.exposed = on(sets.communication.exposed);
    share.idle = share.total - share.attention - share.compute - share.exposed;
    return share;
}

}  // namespace

std::int64_t CriticalPath::length() const {
    return pieces.empty() ? 0 : pieces.back().when.end - pieces.front().when.begin;
}

CriticalPath criticalPath(const Trace& trace, const TrustedMeetings& trusted) {
    std::map<int, RankWaits> ranks;
    int rank = -1;
    std::int64_t time = 0;
    std::int64_t begin = 0;
    for (std::size_t r = 0; r < trace.ranks.size(); ++r) {
        RankSets sets = rankSets(trace.ranks[r], trusted.meetings[r]);
        if (sets.steps.empty()) continue;
        if (rank < 0 || sets.steps.back().end > time) {
            rank = sets.rank;
            time = sets.steps.back().end;
        }
        begin =
            ranks.empty() ? sets.steps.front().begin : std::min(begin, sets.steps.front().begin);
        std::vector<BlamedWait> waits =
            blamedWaits(trace.ranks[r], trusted.meetings[r], sets.communication.wait);
        ranks.emplace(sets.rank, RankWaits{std::move(sets), std::move(waits)});
    }

    CriticalPath path;
    std::set<int> atThisMoment;
    while (!ranks.empty() && time > begin) {
        atThisMoment.insert(rank);
        const BlamedWait* wait = lastWaitBy(ranks.at(rank).waits, time);
        // Two ranks may have come at the same moment; nobody is followed in a circle.
        if (wait != nullptr && wait->when.end == time &&
            (atThisMoment.contains(wait->rank) || !ranks.contains(wait->rank)))
            wait = lastWaitBy(ranks.at(rank).waits, time - 1);
        if (wait != nullptr && !ranks.contains(wait->rank)) wait = nullptr;
        const std::int64_t from = wait == nullptr ? begin : std::max(begin, wait->when.end);
        if (from < time) {
            path.pieces.push_back({rank, {from, time}});
            atThisMoment.clear();
        }
        time = from;
        if (wait != nullptr) rank = wait->rank;
    }
    std::ranges::reverse(path.pieces);

    std::map<int, std::vector<Interval>> onPath;
    for (const PathPiece& piece : path.pieces) onPath[piece.rank].push_back(piece.when);
    for (auto& [number, intervals] : onPath)
        path.shares.push_back(
            shareOf(number, ranks.at(number).sets, unionOf(std::move(intervals))));
    return path;
}

}  // namespace ringscope
