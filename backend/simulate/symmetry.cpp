#include "backend/simulate/symmetry.h"

#include "backend/core/units.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <vector>

namespace ringscope {
namespace {

constexpr int mostCompared = 1024;
constexpr int samples = 48;

class TapeHash {
public:
    void add(std::int64_t value) {
        hash_ = mixed(hash_ ^ static_cast<std::uint64_t>(value)) + 0x9e3779b97f4a7c15ULL;
    }
    std::uint64_t value() const { return hash_; }

private:
    static std::uint64_t mixed(std::uint64_t x) {
        x ^= x >> 30;
        x *= 0xbf58476d1ce4e5b9ULL;
        x ^= x >> 27;
        x *= 0x94d049bb133111ebULL;
        return x ^ (x >> 31);
    }
    std::uint64_t hash_ = 1;
};

// Where a rank is in a group: ranks that are alike are at the same place of groups of neighbours,
// and all in groups that go round everybody.
std::int64_t placeIn(const TapeGroup& group, int rank, int ranks) {
    const RankSet& set = group.ranks;
    if (group.everybody || set.count * set.stride == ranks) return -1;
    return rank - set.first;
}

// The same for ranks that are alike; `shape` also where their work takes other times.
struct RankLikeness {
    std::uint64_t all = 0;
    std::uint64_t shape = 0;
    std::int64_t work = 0;
};
RankLikeness likenessOf(const StepCosts& costs, StepTapes& tapes, int rank, int ranks) {
    const RankTape tape =
        tapes.of(rank, {.layers = std::ssize(costs.plan().layers), .microSteps = 1});
    TapeHash all;
    TapeHash shape;
    const auto add = [&](std::int64_t value) {
        all.add(value);
        shape.add(value);
    };
    for (const Play& play : tape.plays) add(play.segment);
    for (const TapeGroup& group : tape.groups) {
        add(group.ranks.count);
        add(group.ranks.stride);
        add(placeIn(group, rank, ranks));
    }
    for (const Segment& segment : tape.segments)
        for (const Deed& deed : segment.deeds) {
            all.add(deed.nanos);
            if (deed.kind == DeedKind::Work) continue;
            add(static_cast<int>(deed.kind) * 64 + static_cast<int>(deed.operation));
            add(deed.ticket);
            add(deed.bytes);
            const bool message = deed.kind == DeedKind::Send || deed.kind == DeedKind::Receive;
            add(message ? (deed.peer - rank + ranks) % ranks : deed.peer);
            if (message) add(costs.machine().levelBetween(rank, deed.peer));
        }
    return {all.value(), shape.value(), totalsOf(tape).work};
}

std::vector<int> comparedRanks(int ranks) {
    std::vector<int> compared;
    const int every = ranks <= mostCompared ? 1 : ranks / samples;
    for (int rank = 0; rank < ranks; rank += every) compared.push_back(rank);
    if (every > 1)
        for (int rank = 1; rank < samples; ++rank)
            for (const int each : {rank, ranks - rank}) compared.push_back(each);
    return compared;
}

// Ranks that post the same, and whose work differs by little.
template <typename Like, typename IsPeriod>
std::optional<Symmetry> nearlyAlike(const StepCosts& costs, const std::vector<int>& periods,
                                    const std::vector<int>& compared, const Like& like,
                                    const IsPeriod& isPeriod) {
    constexpr double most = 0.03;
    const int ranks = costs.plan().ranks / costs.plan().replicas;
    for (const int period : periods) {
        if (period == ranks || period > mostUnlikeRanks || !isPeriod(period, &RankLikeness::shape))
            continue;
        const int middle = ranks / period / 2 * period;
        double apart = 0;
        for (const int rank : compared) {
            const auto work = static_cast<double>(like(middle + rank % period).work);
            apart = std::max(apart, std::abs(static_cast<double>(like(rank).work) / work - 1));
        }
        if (apart <= most) return Symmetry{.period = period, .first = middle, .apart = apart};
    }
    return std::nullopt;
}

}  // namespace

Result<Symmetry> symmetryOf(const StepCosts& costs, int unlike) {
    const RunPlan& plan = costs.plan();
    const int ranks = plan.ranks / plan.replicas;
    // Which ranks wait for a core is not alike even where their work is.
    if (costs.machine().device.cores > 0 && ranks <= mostUnlikeRanks) return Symmetry{ranks};
    int base = 1;
    for (const LinkLevel& link : costs.machine().links)
        if (link.reach != 0 && link.reach < ranks) base = std::lcm(base, link.reach);
    StepTapes tapes(costs);
    std::map<int, RankLikeness> known;
    const auto like = [&](int rank) -> const RankLikeness& {
        const auto [found, isNew] = known.try_emplace(rank);
        if (isNew) found->second = likenessOf(costs, tapes, rank, ranks);
        return found->second;
    };
    const std::vector<int> compared = comparedRanks(ranks);
    const auto isPeriod = [&](int period, std::uint64_t RankLikeness::*hash) {
        return std::ranges::all_of(
            compared, [&](int rank) { return like(rank).*hash == like(rank % period).*hash; });
    };
    std::vector<int> periods;
    for (int period = 1; period <= ranks; ++period)
        if (period == ranks || (ranks % period == 0 && period % base == 0))
            periods.push_back(period);
    for (const int period : periods)
        if (period <= unlike && (period == ranks || isPeriod(period, &RankLikeness::all)))
            return Symmetry{.period = period};
    if (const std::optional<Symmetry> nearly =
            nearlyAlike(costs, periods, compared, like, isPeriod))
        return *nearly;
    for (const int period : periods)
        if (period <= mostUnlikeRanks && (period == ranks || isPeriod(period, &RankLikeness::all)))
            return Symmetry{.period = period};
    return Error{
        ErrorCode::InvalidConfig,
        fmt::format("mode {} gives {} ranks work that differs, and {} of them at most are "
                    "simulated; use a balanced mode like zigzag, or fewer ranks",
                    plan.config.parallel.mode, formatCount(ranks), formatCount(mostUnlikeRanks))};
}

SimulatedRanks tapesOf(const StepCosts& costs, const Symmetry& symmetry, const TapeExtent& extent) {
    const RunPlan& plan = costs.plan();
    const int ranks = plan.ranks / plan.replicas;
    SimulatedRanks played{.ranks = ranks, .all = plan.ranks};
    StepTapes tapes(costs);
    for (int rank = 0; rank < symmetry.period; ++rank) {
        RankTape& tape = played.tapes.emplace_back(tapes.of(symmetry.first + rank, extent));
        if (symmetry.first == 0) continue;
        // Counted from the first that is simulated.
        for (Segment& segment : tape.segments)
            for (Deed& deed : segment.deeds)
                if (deed.kind == DeedKind::Send || deed.kind == DeedKind::Receive)
                    deed.peer = (deed.peer - symmetry.first + ranks) % ranks;
        for (TapeGroup& group : tape.groups)
            if (placeIn(group, rank, ranks) != -1) group.ranks.first -= symmetry.first;
    }
    return played;
}

}  // namespace ringscope
