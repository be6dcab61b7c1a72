#include "backend/trace/file/trace_reader.h"

#include "backend/trace/file/columns.h"
#include "backend/trace/file/file_mapping.h"
#include "backend/trace/file/trace_format.h"
#include "backend/trace/span_order.h"

#include <fmt/format.h>
#include <algorithm>
#include <tuple>

namespace ringscope {
namespace {

using namespace traceformat;

// Puts the chunks of a file together, in the order they come; or with a sink, hands its spans on.
class Collector {
public:
    Collector(RankTrace& trace, const SpanSink& sink) : trace_(trace), sink_(sink) {}

    void add(std::uint32_t kind, std::string_view payload) {
        Cursor cursor(payload);
        switch (kind) {
            case SpanRows:
                return addSpans(trace_.spans, noStream, RecordView::ofRows(payload));
            case SpanColumns:
                return addSpans(trace_.spans, noStream, RecordView::ofColumns(payload));
            case Counts:
                if (const auto dropped = cursor.take<std::uint64_t>()) trace_.dropped = *dropped;
                return;
            case Clock:
                return addClock(cursor);
            case End:
                trace_.complete = true;
                return;
            case GpuRows:
                return addGpuSpans(payload, [](auto rest) { return RecordView::ofRows(rest); });
            case GpuColumns:
                return addGpuSpans(payload, RecordView::ofColumns);
            case Note:
                trace_.notes.emplace_back(payload);
                return;
            case Names:
                return addNames(cursor);
            case Column:
                return addColumn(cursor);
            case AllocationRows:
                return addAllocations(RecordView::ofRows(payload));
            case AllocationColumns:
                return addAllocations(RecordView::ofColumns(payload));
            case Index:
                return;  // nothing reads it any more
            default:
                lose(fmt::format("a chunk of unknown kind {}", kind));
        }
    }
    // A chunk is missing: a column that follows belongs to nothing.
    void forgetLast() { last_ = {}; }
    void lose(std::string sentence) { trace_.losses.push_back(std::move(sentence)); }

    // Columns are for all spans or for none.
    void settleColumns() {
        settle(trace_.spanNames, trace_.spans.size());
        for (GpuStream& stream : trace_.gpu) {
            settle(stream.names, stream.spans.size());
            settle(stream.launched, stream.spans.size());
        }
    }

private:
    static constexpr std::size_t noStream = static_cast<std::size_t>(-1);
    struct Last {
        std::size_t stream = noStream;
        std::size_t first = 0;
        std::size_t count = 0;  // 0: no column may follow
    };

    void addSpans(std::vector<Span>& spans, std::size_t stream,
                  const std::optional<RecordView>& records) {
        forgetLast();
        if (!records) return lose("a chunk of spans does not hold whole columns");
        if (records->size() == 0) return;
        const std::size_t before = spans.size();
        spans.resize(before + records->size());
        for (std::size_t i = 0; i < records->size(); ++i) spans[before + i] = records->at<Span>(i);
        last_ = {stream, before, records->size()};
        const auto broken =
            std::remove_if(spans.begin() + static_cast<std::ptrdiff_t>(before), spans.end(),
                           [](const Span& span) { return !span.wellFormed(); });
        if (broken != spans.end()) {
            lose(fmt::format("{} spans hold impossible values", spans.end() - broken));
            spans.erase(broken, spans.end());
            forgetLast();
        }
        if (!sink_) return;
        sink_(stream == noStream ? nullptr : &trace_.gpu[stream], spans);
        spans.clear();
    }

    void addClock(Cursor& cursor) {
        constexpr std::int64_t most = std::int64_t{1} << 60;
        const auto possible = [](std::int64_t time) { return time >= 0 && time <= most; };
        const auto sample = cursor.take<ClockSample>();
        if (!sample || !possible(sample->local) || !possible(sample->error) ||
            sample->reference < -most || sample->reference > most)
            return lose("a comparison of clocks holds impossible values");
        trace_.clock.push_back(*sample);
    }

    template <typename Layout>
    void addGpuSpans(std::string_view payload, const Layout& layout) {
        Cursor cursor(payload);
        const auto header = cursor.take<StreamHeader>();
        if (!header) {
            forgetLast();
            return lose("a chunk of GPU spans does not say of which stream");
        }
        const auto here = std::ranges::find_if(trace_.gpu, [&](const GpuStream& stream) {
            return stream.device == header->device && stream.context == header->context &&
                   stream.stream == header->stream;
        });
        const auto at = static_cast<std::size_t>(here - trace_.gpu.begin());
        if (here == trace_.gpu.end())
            trace_.gpu.push_back({header->device, header->context, header->stream});
        addSpans(trace_.gpu[at].spans, at, layout(payload.substr(sizeof(StreamHeader))));
    }

    void addAllocations(const std::optional<RecordView>& records) {
        if (!records) return lose("a chunk of allocations does not hold whole columns");
        std::size_t broken = 0;
        for (std::size_t i = 0; i < records->size(); ++i) {
            const auto one = records->at<Allocation>(i);
            if (one.wellFormed()) {
                trace_.allocations.push_back(one);
            } else {
                ++broken;
            }
        }
        if (broken > 0) lose(fmt::format("{} allocations hold impossible values", broken));
        if (sink_) trace_.allocations.clear();
    }

    void addNames(Cursor& cursor) {
        while (cursor.left() > 0) {
            const auto length = cursor.take<std::uint32_t>();
            const auto text = length ? cursor.take(*length) : std::nullopt;
            if (!text) return lose("a list of names ends in the middle of one");
            if (!sink_) trace_.names.emplace_back(*text);
        }
    }

    void addColumn(Cursor& cursor) {
        const auto which = cursor.take<std::uint32_t>();
        const auto zero = cursor.take<std::uint32_t>();
        const bool host = last_.stream == noStream;
        if (which && zero && *which == NameNumbers && last_.count > 0)
            return take(cursor, host ? trace_.spanNames : trace_.gpu[last_.stream].names);
        if (which && zero && *which == Launches && last_.count > 0 && !host)
            return take(cursor, trace_.gpu[last_.stream].launched);
        lose("a column of values belongs to no spans");
    }

    template <typename Value>
    void take(Cursor& cursor, std::vector<Value>& column) {
        if (cursor.left() != last_.count * sizeof(Value))
            return lose("a column of values is not as long as its spans");
        if (sink_) return;
        column.resize(last_.first + last_.count);
        const std::string_view values = *cursor.take(cursor.left());
        std::memcpy(column.data() + last_.first, values.data(), values.size());
    }

    template <typename Value>
    static void settle(std::vector<Value>& column, std::size_t spans) {
        if (!column.empty()) column.resize(spans);
    }

    RankTrace& trace_;
    const SpanSink& sink_;
    Last last_;
};

// How many of the host's spans the chunks hold at most. Only chunks that are whole count.
std::size_t hostSpansIn(Cursor cursor) {
    std::size_t spans = 0;
    while (const auto header = cursor.take<ChunkHeader>()) {
        if (header->mark != chunkMark || !cursor.take(header->bytes)) break;
        if (header->kind == SpanRows || header->kind == SpanColumns)
            spans += header->bytes / recordBytes;
    }
    return spans;
}

void readChunks(RankTrace& trace, Cursor& cursor, const SpanSink& sink) {
    Collector collector(trace, sink);
    while (cursor.left() > 0) {
        const std::size_t left = cursor.left();
        const auto header = cursor.take<ChunkHeader>();
        const auto payload =
            header && header->mark == chunkMark ? cursor.take(header->bytes) : std::nullopt;
        if (!payload) {
            collector.lose(fmt::format("the last {} bytes are cut off or damaged", left));
            break;
        }
        if (header->crc != crcOf(payload->data(), payload->size())) {
            collector.lose(fmt::format("{} bytes do not meet their checksum", header->bytes));
            collector.forgetLast();
            continue;
        }
        collector.add(header->kind, *payload);
    }
    collector.settleColumns();
}

Result<RankTrace> readBytes(std::string_view bytes, const std::filesystem::path& path,
                            const SpanSink& sink) {
    Cursor cursor(bytes);
    RankTrace trace;
    Result<TraceOrigin> origin = readHeader(cursor);
    if (!origin.ok()) return std::move(origin).error().in("'" + path.string() + "'");
    trace.origin = std::move(*origin);
    if (!sink) trace.spans.reserve(hostSpansIn(cursor));
    readChunks(trace, cursor, sink);
    if (!trace.complete) trace.losses.push_back("the rank ended before it closed its trace");
    sortByBegin(trace.spans, trace.spanNames);
    for (GpuStream& stream : trace.gpu) sortByBegin(stream.spans, stream.names, stream.launched);
    std::ranges::sort(trace.gpu, {}, [](const GpuStream& stream) {
        return std::tuple(stream.device, stream.context, stream.stream);
    });
    return trace;
}

}  // namespace

Result<RankTrace> readTraceFile(const std::filesystem::path& path) {
    RINGSCOPE_TRY(const FileMapping file, FileMapping::open(path));
    return readBytes(file.view(), path, {});
}

Result<RankTrace> scanTraceFile(const std::filesystem::path& path, const SpanSink& sink) {
    RINGSCOPE_TRY(const FileMapping file, FileMapping::open(path));
    return readBytes(file.view(), path, sink);
}

}  // namespace ringscope
