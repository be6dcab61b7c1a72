#include "backend/trace/several_runs.h"

#include "backend/core/units.h"

#include <fmt/format.h>
#include <algorithm>
#include <limits>
#include <map>

namespace ringscope {
namespace {

constexpr std::string_view advice =
    "name one of the files, or move those of one run to a folder of their own";

Error refusal(const std::string& place, const std::string& why) {
    return {ErrorCode::InvalidConfig,
            fmt::format("'{}' holds traces of two runs: {}; {}", place, why, advice)};
}

struct FileTime {
    std::int64_t begin = std::numeric_limits<std::int64_t>::max();
    std::int64_t end = std::numeric_limits<std::int64_t>::min();
    const RankOfFile* of = nullptr;

    bool empty() const { return begin > end; }
    std::int64_t length() const { return end - begin; }
};

FileTime timeOf(const RankOfFile& rank) {
    FileTime time{.of = &rank};
    const auto include = [&](const std::vector<Span>& spans) {
        for (const Span& span : spans) {
            time.begin = std::min(time.begin, span.begin());
            time.end = std::max(time.end, span.end());
        }
    };
    include(rank.rank->spans);
    for (const GpuStream& stream : rank.rank->gpu) include(stream.spans);
    return time;
}

std::string apart(const FileTime& first, const FileTime& second) {
    return formatDuration(
        Nanos(std::max(first.begin, second.begin) - std::min(first.end, second.end)));
}

bool isOurs(const RankTrace& rank) { return rank.origin.source.empty(); }

}  // namespace

Result<void> requireOneRun(const std::vector<RankOfFile>& ranks, const std::string& place) {
    const RankOfFile* ours = nullptr;
    const RankOfFile* world = nullptr;
    std::map<int, FileTime> seen;  // of other tools' ranks that say which they are
    for (const RankOfFile& rank : ranks) {
        const TraceOrigin& origin = rank.rank->origin;
        if (isOurs(*rank.rank)) {
            if (origin.run.empty()) continue;
            if (ours != nullptr && ours->rank->origin.run != origin.run)
                return refusal(place, fmt::format("'{}' is of {}, '{}' of {}", ours->file,
                                                  ours->rank->origin.run, rank.file, origin.run));
            ours = &rank;
            continue;
        }
        // A world of one is what a file says that does not know.
        if (origin.world > 1) {
            if (world != nullptr && world->rank->origin.world != origin.world)
                return refusal(place,
                               fmt::format("'{}' is of {} ranks, '{}' of {}", world->file,
                                           world->rank->origin.world, rank.file, origin.world));
            world = &rank;
        }
        if (origin.rank < 0) continue;
        const FileTime mine = timeOf(rank);
        const auto [other, added] = seen.try_emplace(origin.rank, mine);
        if (added || mine.empty() || other->second.empty()) continue;
        if (mine.begin > other->second.end || mine.end < other->second.begin)
            return refusal(place, fmt::format("'{}' and '{}' are both of rank {}, {} apart",
                                              other->second.of->file, rank.file, origin.rank,
                                              apart(other->second, mine)));
    }
    return {};
}

Result<void> requireOneTime(const std::vector<RankOfFile>& ranks, const std::string& place) {
    constexpr std::int64_t leastGap = 60'000'000'000;
    std::vector<FileTime> times;
    std::int64_t longest = 0;
    for (const RankOfFile& rank : ranks)
        if (const FileTime time = timeOf(rank); !time.empty()) {
            times.push_back(time);
            longest = std::max(longest, time.length());
        }
    std::ranges::sort(times, {}, &FileTime::begin);
    for (std::size_t i = 1; i < times.size(); ++i) {
        FileTime& before = times[i - 1];
        FileTime& mine = times[i];
        if (mine.begin - before.end > std::max(leastGap, longest))
            return refusal(place, fmt::format("'{}' ends {} before '{}' begins", before.of->file,
                                              apart(before, mine), mine.of->file));
        if (before.end > mine.end) {  // of the two, the one that reaches further
            mine.end = before.end;
            mine.of = before.of;
        }
    }
    return {};
}

}  // namespace ringscope
