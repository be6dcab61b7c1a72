#include "ui/timeline/opened_trace.h"

#include "backend/analysis/gpu_spans.h"
#include "backend/analysis/rank_sets.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <queue>
#include <tuple>
#include <utility>

namespace ringscope::ui {
namespace {

// Something that would fill a stretch of the lane, unless something above it does.
struct Layer {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    int height = 0;
    std::uint32_t span = 0;
    Tint tint = Tint::Host;
    bool hole = false;  // covers what is below and shows nothing
};

class Flattening {
public:
    // The uppermost layer at each moment; of the same height, the one that began last.
    static std::vector<Piece> of(std::vector<Layer> layers) {
        std::erase_if(layers, [](const Layer& l) { return l.begin >= l.end; });
        std::ranges::sort(layers, {}, [](const Layer& l) { return std::pair(l.begin, l.span); });
        Flattening flat(layers);
        for (std::size_t i = 0; i < layers.size(); ++i) {
            flat.advance(layers[i].begin);
            flat.open_.push({layers[i].height, layers[i].begin, i});
        }
        flat.advance(std::numeric_limits<std::int64_t>::max());
        return std::move(flat.pieces_);
    }

private:
    explicit Flattening(const std::vector<Layer>& layers) : layers_(layers) {}

    void advance(std::int64_t to) {
        while (!open_.empty() && now_ < to) {
            const Layer& top = layers_[std::get<2>(open_.top())];
            if (top.end <= now_) {
                open_.pop();
                continue;
            }
            const std::int64_t end = std::min(top.end, to);
            emit({std::max(now_, top.begin), end, top.span, top.tint}, top.hole);
            now_ = end;
        }
        now_ = to;
    }

    void emit(const Piece& piece, bool hole) {
        if (hole) return;
        if (!pieces_.empty() && pieces_.back().end == piece.begin &&
            pieces_.back().span == piece.span && pieces_.back().tint == piece.tint) {
            pieces_.back().end = piece.end;
        } else {
            pieces_.push_back(piece);
        }
    }

    const std::vector<Layer>& layers_;
    std::priority_queue<std::tuple<int, std::int64_t, std::size_t>> open_;
    std::vector<Piece> pieces_;
    std::int64_t now_ = std::numeric_limits<std::int64_t>::min();
};

Layer workLayer(const Span& span, std::uint32_t index) {
    Layer layer{.begin = span.begin(), .end = span.end(), .span = index};
    switch (span.kind()) {
        case SpanKind::Wait:
            layer.height = 4;
            layer.hole = true;
            break;
        case SpanKind::Attention:
            layer.height = 3;
            layer.tint = Tint::Attention;
            break;
        case SpanKind::Copy:
            layer.height = 2;
            layer.tint = Tint::Copy;
            break;
        case SpanKind::Compute:
            layer.height = 1;
            layer.tint = Tint::Compute;
            break;
        case SpanKind::Host:
        case SpanKind::Transfer:
        case SpanKind::Step:
            layer.tint = Tint::Host;
            break;
    }
    return layer;
}

// What moves for certain covers what may move, and that covers a wait, as in communicationSets.
void addMessage(std::vector<Layer>& layers, const Span& span, const MessageMeeting& meeting,
                std::uint32_t index) {
    if (!meeting.known()) {
        layers.push_back({span.begin(), span.end(), 1, index, Tint::Unpaired});
        return;
    }
    layers.push_back({span.begin(), meeting.moving, 0, index, Tint::Wait});
    layers.push_back({meeting.moving, span.end(), 2, index, Tint::Transfer});
}

Lane exposedLane(const IntervalSet& exposed) {
    std::vector<Piece> pieces;
    pieces.reserve(exposed.size());
    for (const Interval& interval : exposed)
        pieces.push_back({interval.begin, interval.end, noSpan, Tint::Exposed});
    return Lane(std::move(pieces));
}

RankRow rowOf(const RankTrace& rank, const std::vector<MessageMeeting>& meetings) {
    RankRow row;
    row.rank = rank.origin.rank;
    std::vector<Layer> work;
    std::vector<Layer> messages;
    for (std::uint32_t i = 0; i < rank.spans.size(); ++i) {
        const Span& span = rank.spans[i];
        if (span.kind() == SpanKind::Step) {
            row.steps.push_back({span.begin(), span.end(), span.step()});
        } else if (span.kind() == SpanKind::Transfer) {
            addMessage(messages, span, meetings[i], i);
            row.transfers.push_back(i);
        } else {
            work.push_back(workLayer(span, i));
        }
    }
    row.work = Lane(Flattening::of(std::move(work)));
    row.messages = Lane(Flattening::of(std::move(messages)));
    row.memory = MemoryTrack(rank);
    row.segments = MemoryTrack(rank, MemoryOf::Segments);
    row.exposed = exposedLane(rankSets(rank, meetings).communication.exposed);
    std::ranges::sort(row.steps, {}, &StepMark::begin);
    std::ranges::stable_sort(row.transfers, {},
                             [&](std::uint32_t i) { return rank.spans[i].begin(); });
    std::int64_t latest = std::numeric_limits<std::int64_t>::min();
    for (std::uint32_t i : row.transfers)
        row.latestEnd.push_back(latest = std::max(latest, rank.spans[i].end()));
    return row;
}

}  // namespace

TraceTime OpenedTrace::inTrace(ViewTime time) const {
    const auto duration = static_cast<double>(trace.end - trace.begin);
    return {trace.begin + std::llround(std::clamp(time.ns, 0.0, duration))};
}

TraceStretch OpenedTrace::inTrace(ViewTime from, ViewTime to) const {
    const auto begin = static_cast<double>(trace.begin);
    return {begin + from.ns, begin + to.ns};
}

std::vector<std::uint32_t> OpenedTrace::transfersAt(std::size_t row, TraceTime time) const {
    const RankRow& at = rows[row];
    const auto later = std::ranges::upper_bound(
        at.transfers, time.ns, {}, [&](std::uint32_t i) { return span(row, i).begin(); });
    std::vector<std::uint32_t> found;
    for (auto i = static_cast<std::size_t>(later - at.transfers.begin()); i-- > 0;) {
        if (at.latestEnd[i] <= time.ns) break;
        if (span(row, at.transfers[i]).end() > time.ns) found.push_back(at.transfers[i]);
    }
    return found;
}

Interval OpenedTrace::longestOccurrence(int rank, SpanPass pass, int ringStep) const {
    std::map<std::pair<int, int>, Interval> occurrences;  // by training step and layer
    for (const RankTrace& trace : trace.ranks) {
        if (trace.origin.rank != rank) continue;
        for (const Span& span : trace.spans) {
            if (span.pass() != pass || span.ringStep() != ringStep) continue;
            const auto [place, fresh] = occurrences.try_emplace({span.step(), span.layer()},
                                                                Interval{span.begin(), span.end()});
            if (fresh) continue;
            place->second.begin = std::min(place->second.begin, span.begin());
            place->second.end = std::max(place->second.end, span.end());
        }
    }
    Interval longest;
    for (const auto& [place, interval] : occurrences)
        if (interval.end - interval.begin > longest.end - longest.begin) longest = interval;
    return longest;
}

std::shared_ptr<const OpenedTrace> openTrace(Trace trace) {
    auto opened = std::make_shared<OpenedTrace>();
    opened->trace = std::move(trace);
    opened->trace = withGpuSpans(std::move(opened->trace));
    TrustedMeetings trusted = trustedMeetings(opened->trace);
    opened->findings = analyze(opened->trace, trusted);
    opened->meetings = std::move(trusted.meetings);
    opened->windows = WindowIndex(opened->trace, opened->meetings);
    for (std::size_t r = 0; r < opened->trace.ranks.size(); ++r)
        opened->rows.push_back(rowOf(opened->trace.ranks[r], opened->meetings[r]));
    for (const RankRow& row : opened->rows)
        for (const MemoryTrack* track : {&row.memory, &row.segments})
            if (!track->empty())
                opened->mostMemory =
                    std::max(opened->mostMemory, totalOf(track->heldAt(track->peak())));
    for (const RankTrace& rank : opened->trace.ranks)
        for (const Allocation& one : rank.allocations)
            if (one.bytes > 0) opened->memoryUses[static_cast<std::size_t>(one.category)] = true;
    return opened;
}

}  // namespace ringscope::ui
