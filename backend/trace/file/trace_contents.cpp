#include "backend/trace/file/trace_contents.h"

#include "backend/trace/clock_line.h"
#include "backend/trace/file/trace_folder.h"
#include "backend/trace/file/trace_reader.h"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

namespace ringscope {
namespace {

using Stream = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>;

Stream streamOf(const GpuStream& stream) { return {stream.device, stream.context, stream.stream}; }

// Counts the spans of one rank as they pass.
class Counting {
public:
    void add(const GpuStream* stream, std::span<const Span> spans) {
        (stream == nullptr ? host_ : streams_[streamOf(*stream)]) += spans.size();
        for (const Span& span : spans) {
            begin_ = std::min(begin_, span.begin());
            end_ = std::max(end_, span.end());
            if (stream != nullptr || span.kind() != SpanKind::Step) continue;
            ++steps_;
            stepTime_ += span.duration();
        }
    }
    bool empty() const { return begin_ > end_; }
    std::int64_t begin() const { return begin_; }
    std::int64_t end() const { return end_; }

    RankContents contents(const RankTrace& rank) const {
        RankContents contents{.origin = rank.origin,
                              .hostSpans = host_,
                              .gpu = {},
                              .steps = steps_,
                              .stepTime = stepTime_,
                              .dropped = rank.dropped,
                              .complete = rank.complete};
        for (const auto& [stream, spans] : streams_)
            contents.gpu.push_back(
                {std::get<0>(stream), std::get<1>(stream), std::get<2>(stream), spans});
        return contents;
    }

private:
    std::uint64_t host_ = 0;
    std::map<Stream, std::uint64_t> streams_;
    std::int64_t begin_ = std::numeric_limits<std::int64_t>::max();
    std::int64_t end_ = 0;
    std::int64_t steps_ = 0;
    std::int64_t stepTime_ = 0;
};

}  // namespace

std::uint64_t TraceContents::spans() const {
    std::uint64_t count = 0;
    for (const RankContents& rank : ranks) {
        count += rank.hostSpans;
        for (const StreamContents& stream : rank.gpu) count += stream.spans;
    }
    return count;
}

TraceContents contentsOf(const Trace& trace) {
    TraceContents contents{.ranks = {},
                           .begin = trace.begin,
                           .end = trace.end,
                           .clockErrorNs = trace.clockErrorNs,
                           .notes = trace.notes};
    for (const RankTrace& rank : trace.ranks) {
        Counting counting;
        counting.add(nullptr, rank.spans);
        for (const GpuStream& stream : rank.gpu) counting.add(&stream, stream.spans);
        contents.ranks.push_back(counting.contents(rank));
    }
    return contents;
}

Result<TraceContents> readTraceContents(const std::filesystem::path& place) {
    std::vector<Counting> counted;  // as the folder's ranks
    const auto count = [&](const std::filesystem::path& file) {
        Counting counting;
        Result<RankTrace> rank =
            scanTraceFile(file, [&](const GpuStream* stream, std::span<const Span> spans) {
                counting.add(stream, spans);
            });
        if (rank.ok()) counted.push_back(std::move(counting));
        return rank;
    };
    RINGSCOPE_TRY(TraceFolder folder, readFolder(place, {}, count));
    TraceContents contents;
    std::int64_t begin = std::numeric_limits<std::int64_t>::max();
    for (std::size_t r = 0; r < counted.size(); ++r) {
        const Counting& rank = counted[r];
        contents.ranks.push_back(rank.contents(folder.ranks[r]));
        if (rank.empty()) continue;
        const ClockLine clock(folder.ranks[r].clock);
        contents.clockErrorNs =
            std::max(contents.clockErrorNs, clock.error(rank.begin(), rank.end()));
        begin = std::min(begin, clock.toReference(rank.begin()));
        contents.end = std::max(contents.end, clock.toReference(rank.end()));
    }
    contents.begin = std::min(begin, contents.end);
    const auto byRank = [](const auto& rank) { return rank.origin.rank; };
    std::ranges::sort(contents.ranks, {}, byRank);
    std::ranges::sort(folder.ranks, {}, byRank);
    contents.notes = notesOn(folder.ranks);
    contents.notes.insert(contents.notes.end(), folder.unreadable.begin(), folder.unreadable.end());
    return contents;
}

}  // namespace ringscope
