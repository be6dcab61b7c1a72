#include "profiler/cupti_records.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>

namespace ringscope {
namespace {

using Kind = GpuRecord::Kind;

bool isWork(Kind kind) {
    return kind == Kind::Kernel || kind == Kind::Copy || kind == Kind::PeerCopy ||
           kind == Kind::Set;
}

// CUPTI gives zeros where it ran out of space on the device.
bool isBroken(const GpuRecord& record) {
    return record.begin <= 0 || record.end <= 0 || record.end < record.begin;
}

// The tag of `record`'s span, where its launch was part of `place`.
SpanTag tagOf(const GpuRecord& record, SpanTag place) {
    const bool transfers = place.kind == SpanKind::Transfer;
    if (record.kind == Kind::Kernel) {
        if (transfers || place.kind == SpanKind::Attention) return place;
        if (place.kind != SpanKind::Compute && place.kind != SpanKind::Copy)
            place.operation = Operation::Kernel;
        place.kind = SpanKind::Compute;
        place.peer = -1;
        place.bytes = 0;
        place.message = 0;
        return place;
    }
    if (record.kind == Kind::PeerCopy && transfers) return place;
    place.kind = SpanKind::Copy;
    place.operation = record.kind == Kind::Set ? Operation::MemorySet : Operation::MemoryCopy;
    place.peer = -1;
    place.message = 0;
    place.bytes = record.bytes;
    return place;
}

class Conversion {
public:
    Conversion(const CorrelationTable& table, std::span<const Span> phases)
        : table_(table), phases_(phases) {}

    GpuActivity convert(std::span<const GpuRecord> records) {
        for (const GpuRecord& record : records) {
            if (record.kind == Kind::Correlation) external_[record.correlation] = record.external;
            if (record.kind == Kind::Call) called_[record.correlation] = record.begin;
            if (record.kind == Kind::MarkerEnd) markerEnds_[record.correlation] = record.begin;
        }
        for (const GpuRecord& record : records) add(record);
        for (auto& [place, stream] : streams_) {
            std::ranges::stable_sort(stream.spans, {}, &Span::begin);
            result_.streams.push_back(std::move(stream));
        }
        return std::move(result_);
    }

private:
    void add(const GpuRecord& record) {
        GpuCounts& counts = result_.counts;
        if (isWork(record.kind)) return addWork(record);
        switch (record.kind) {
            case Kind::MarkerBegin:
                return addMarker(record);
            case Kind::Synchronization:
            case Kind::Overhead:
                if (isBroken(record))
                    ++counts.broken;
                else
                    (record.kind == Kind::Overhead ? counts.overhead : counts.synchronizing) +=
                        record.end - record.begin;
                return;
            case Kind::Incomplete:
                ++counts.incomplete;
                return;
            case Kind::Other:
                ++counts.other;
                return;
            default:
                return;
        }
    }

    void addWork(const GpuRecord& record) {
        GpuCounts& counts = result_.counts;
        if (isBroken(record)) {
            ++counts.broken;
            return;
        }
        ++(record.kind == Kind::Kernel ? counts.kernels : counts.copies);
        GpuStream& stream = streams_[{record.device, record.context, record.stream}];
        stream.device = record.device;
        stream.context = record.context;
        stream.stream = record.stream;
        const auto draw = [&](const SpanTag& place) {
            stream.spans.emplace_back(record.begin, record.end, tagOf(record, place));
        };
        const std::vector<SpanTag> places = placesOf(record);
        // Only what moves the messages stands for each of them.
        const bool perMessage = record.kind == Kind::Kernel || record.kind == Kind::PeerCopy;
        for (std::size_t i = 0; i < (perMessage ? places.size() : 1); ++i) draw(places[i]);
    }

    // At least one.
    std::vector<SpanTag> placesOf(const GpuRecord& record) {
        if (const auto pushed = external_.find(record.correlation); pushed != external_.end())
            if (std::vector<SpanTag> tags = table_.tagsOf(pushed->second); !tags.empty())
                return tags;
        if (const auto call = called_.find(record.correlation); call != called_.end())
            if (const Span* phase = phaseAt(call->second)) {
                ++result_.counts.placedByPhase;
                return {phase->tag()};
            }
        ++result_.counts.unplaced;
        return {SpanTag{.kind = SpanKind::Compute, .operation = Operation::Kernel}};
    }

    // The shortest that holds the moment: the innermost. A run has a handful of phases a step.
    const Span* phaseAt(std::int64_t moment) const {
        const Span* found = nullptr;
        for (const Span& phase : phases_)
            if (phase.begin() <= moment && moment < phase.end() &&
                (found == nullptr || phase.duration() < found->duration()))
                found = &phase;
        return found;
    }

    void addMarker(const GpuRecord& record) {
        const auto end = markerEnds_.find(record.correlation);
        if (end == markerEnds_.end() || record.begin <= 0 || end->second < record.begin) {
            ++result_.counts.broken;
            return;
        }
        ++result_.counts.markers;
        SpanTag tag;
        if (const Span* phase = phaseAt(record.begin)) tag = phase->tag();
        tag.kind = SpanKind::Host;
        tag.operation = Operation::None;
        result_.host.emplace_back(record.begin, end->second, tag);
    }

    const CorrelationTable& table_;
    std::span<const Span> phases_;
    std::unordered_map<std::uint32_t, std::uint64_t> external_;
    std::unordered_map<std::uint32_t, std::int64_t> called_;
    std::unordered_map<std::uint32_t, std::int64_t> markerEnds_;
    std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, GpuStream> streams_;
    GpuActivity result_;
};

}  // namespace

GpuActivity convertRecords(std::span<const GpuRecord> records, const CorrelationTable& table,
                           std::span<const Span> phases) {
    return Conversion(table, phases).convert(records);
}

std::vector<std::string> notesOn(const GpuCounts& counts) {
    std::vector<std::string> notes;
    const auto say = [&](std::uint64_t count, const char* sentence) {
        if (count > 0) notes.push_back(std::to_string(count) + sentence);
    };
    say(counts.dropped, " GPU records were dropped by CUPTI: the figures are too small");
    say(counts.broken, " GPU records have no usable times and are not drawn");
    say(counts.incomplete, " GPU records are incomplete and are not drawn");
    say(counts.unplaced, " GPU records have no layer, pass or step: their launch was not seen");
    return notes;
}

}  // namespace ringscope
