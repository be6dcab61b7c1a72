#include "backend/trace/trace_file.h"

#include "backend/core/files.h"
#include "backend/trace/span_order.h"
#include "backend/trace/trace_origin.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/uio.h>
#include <unistd.h>
#include <zlib.h>
#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <system_error>
#include <tuple>

namespace ringscope {
namespace {

static_assert(std::endian::native == std::endian::little, "trace files are little-endian");

constexpr std::string_view magic = "RSCPTRC1";
constexpr std::uint32_t formatVersion = 1;
constexpr std::uint32_t chunkMark = 0x4B4E4843;  // "CHNK"
constexpr std::uint32_t largestOrigin = 1 << 20;

enum ChunkKind : std::uint32_t {
    Spans = 1,
    Counts = 2,
    Clock = 3,
    End = 4,
    Gpu = 5,
    Note = 6,
    Names = 7,
    Column = 8,
};

enum ColumnOf : std::uint32_t { NameNumbers = 1, Launches = 2 };

struct ChunkHeader {
    std::uint32_t mark = chunkMark;
    std::uint32_t kind = 0;
    std::uint64_t bytes = 0;
    std::uint32_t crc = 0;
    std::uint32_t zero = 0;
};
static_assert(sizeof(ChunkHeader) == 24);

struct StreamHeader {
    std::uint32_t device = 0;
    std::uint32_t context = 0;
    std::uint32_t stream = 0;
    std::uint32_t zero = 0;
};
static_assert(sizeof(StreamHeader) == 16);

std::uint32_t crcOf(const void* data, std::size_t bytes) {
    return static_cast<std::uint32_t>(::crc32_z(0, static_cast<const unsigned char*>(data), bytes));
}

Error systemError(const std::string& what) {
    return {ErrorCode::Failed, what + ": " + std::generic_category().message(errno)};
}

std::string originText(const TraceOrigin& origin) {
    return traceOriginJson(origin).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// A view that never reads past its end.
class Cursor {
public:
    explicit Cursor(std::string_view bytes) : bytes_(bytes) {}
    std::size_t left() const { return bytes_.size(); }
    std::optional<std::string_view> take(std::uint64_t count) {
        if (count > bytes_.size()) return std::nullopt;
        const std::string_view taken = bytes_.substr(0, count);
        bytes_.remove_prefix(count);
        return taken;
    }
    template <typename Value>
    std::optional<Value> take() {
        const auto raw = take(sizeof(Value));
        if (!raw) return std::nullopt;
        Value value;
        std::memcpy(&value, raw->data(), sizeof value);
        return value;
    }

private:
    std::string_view bytes_;
};

Result<TraceOrigin> readHeader(Cursor& cursor) {
    const auto mark = cursor.take(magic.size());
    if (!mark || *mark != magic) return Error{ErrorCode::Corrupt, "this is not a Ringscope trace"};
    const auto version = cursor.take<std::uint32_t>();
    if (version && *version > formatVersion)
        return Error{ErrorCode::Corrupt, fmt::format("trace format {} is newer than this program, "
                                                     "which reads up to {}; use a newer Ringscope",
                                                     *version, formatVersion)};
    const auto length = cursor.take<std::uint32_t>();
    const auto text = length && *length <= largestOrigin ? cursor.take(*length) : std::nullopt;
    const auto crc = cursor.take<std::uint32_t>();
    const Error broken{ErrorCode::Corrupt, "the trace's header is cut off or damaged"};
    if (!text || !crc || *crc != crcOf(text->data(), text->size())) return broken;
    std::optional<TraceOrigin> origin =
        traceOriginFrom(nlohmann::json::parse(*text, nullptr, false));
    if (!origin) return broken;
    return *std::move(origin);
}

// Puts the chunks of a file together, in the order they come.
class Collector {
public:
    explicit Collector(RankTrace& trace) : trace_(trace) {}

    void add(std::uint32_t kind, std::string_view payload) {
        Cursor cursor(payload);
        switch (kind) {
            case Spans:
                return addSpans(trace_.spans, noStream, payload);
            case Counts:
                if (const auto dropped = cursor.take<std::uint64_t>()) trace_.dropped = *dropped;
                return;
            case Clock:
                if (const auto sample = cursor.take<ClockSample>()) trace_.clock.push_back(*sample);
                return;
            case End:
                trace_.complete = true;
                return;
            case Gpu:
                return addGpuSpans(payload);
            case Note:
                trace_.notes.emplace_back(payload);
                return;
            case Names:
                return addNames(cursor);
            case Column:
                return addColumn(cursor);
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

    void addSpans(std::vector<Span>& spans, std::size_t stream, std::string_view payload) {
        const std::size_t count = payload.size() / sizeof(Span);
        const std::size_t before = spans.size();
        spans.resize(before + count);
        std::memcpy(static_cast<void*>(spans.data() + before), payload.data(),
                    count * sizeof(Span));
        last_ = {stream, before, count};
        const auto broken =
            std::remove_if(spans.begin() + static_cast<std::ptrdiff_t>(before), spans.end(),
                           [](const Span& span) { return !span.wellFormed(); });
        if (broken == spans.end()) return;
        lose(fmt::format("{} spans hold impossible values", spans.end() - broken));
        spans.erase(broken, spans.end());
        forgetLast();
    }

    void addGpuSpans(std::string_view payload) {
        Cursor cursor(payload);
        const auto header = cursor.take<StreamHeader>();
        if (!header) return lose("a chunk of GPU spans does not say of which stream");
        const auto here = std::ranges::find_if(trace_.gpu, [&](const GpuStream& stream) {
            return stream.device == header->device && stream.context == header->context &&
                   stream.stream == header->stream;
        });
        const auto at = static_cast<std::size_t>(here - trace_.gpu.begin());
        if (here == trace_.gpu.end())
            trace_.gpu.push_back({header->device, header->context, header->stream});
        addSpans(trace_.gpu[at].spans, at, payload.substr(sizeof(StreamHeader)));
    }

    void addNames(Cursor& cursor) {
        while (cursor.left() > 0) {
            const auto length = cursor.take<std::uint32_t>();
            const auto text = length ? cursor.take(*length) : std::nullopt;
            if (!text) return lose("a list of names ends in the middle of one");
            trace_.names.emplace_back(*text);
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
        column.resize(last_.first + last_.count);
        const std::string_view values = *cursor.take(cursor.left());
        std::memcpy(column.data() + last_.first, values.data(), values.size());
    }

    template <typename Value>
    static void settle(std::vector<Value>& column, std::size_t spans) {
        if (!column.empty()) column.resize(spans);
    }

    RankTrace& trace_;
    Last last_;
};

void readChunks(RankTrace& trace, Cursor& cursor) {
    Collector collector(trace);
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

}  // namespace

Result<std::unique_ptr<TraceWriter>> TraceWriter::create(const std::filesystem::path& path,
                                                         const TraceOrigin& origin) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file < 0) return systemError("cannot write the trace '" + path.string() + "'");
    std::unique_ptr<TraceWriter> writer(new TraceWriter(file));

    const std::string text = originText(origin);
    const auto length = static_cast<std::uint32_t>(text.size());
    const std::uint32_t crc = crcOf(text.data(), text.size());
    std::string header(magic);
    header.append(reinterpret_cast<const char*>(&formatVersion), sizeof formatVersion);
    header.append(reinterpret_cast<const char*>(&length), sizeof length);
    header += text;
    header.append(reinterpret_cast<const char*>(&crc), sizeof crc);
    if (::write(file, header.data(), header.size()) != std::ssize(header))
        return systemError("cannot write the trace '" + path.string() + "'");
    return writer;
}

Result<std::unique_ptr<TraceWriter>> TraceWriter::reopen(const std::filesystem::path& path) {
    const int file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    if (file < 0) return systemError("cannot write the trace '" + path.string() + "'");
    return std::unique_ptr<TraceWriter>(new TraceWriter(file));
}

TraceWriter::~TraceWriter() {
    if (file_ >= 0) ::close(file_);
}

Result<void> TraceWriter::chunk(std::uint32_t kind, const void* payload, std::uint64_t bytes) {
    ChunkHeader header{.kind = kind, .bytes = bytes, .crc = crcOf(payload, bytes)};
    std::array<iovec, 2> parts = {iovec{&header, sizeof header},
                                  iovec{const_cast<void*>(payload), bytes}};
    std::size_t first = 0;
    while (first < parts.size()) {
        ssize_t written =
            ::writev(file_, parts.data() + first, static_cast<int>(parts.size() - first));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return systemError("cannot write the trace");
        for (; first < parts.size() && static_cast<std::size_t>(written) >= parts[first].iov_len;
             ++first)
            written -= static_cast<ssize_t>(parts[first].iov_len);
        if (first < parts.size()) {
            parts[first].iov_base = static_cast<char*>(parts[first].iov_base) + written;
            parts[first].iov_len -= static_cast<std::size_t>(written);
        }
    }
    return {};
}

Result<void> TraceWriter::append(std::span<const Span> spans) {
    return chunk(Spans, spans.data(), spans.size_bytes());
}

Result<void> TraceWriter::append(const GpuStream& stream) {
    const StreamHeader header{
        .device = stream.device, .context = stream.context, .stream = stream.stream};
    std::string payload(reinterpret_cast<const char*>(&header), sizeof header);
    payload.append(reinterpret_cast<const char*>(stream.spans.data()),
                   stream.spans.size() * sizeof(Span));
    return chunk(Gpu, payload.data(), payload.size());
}

Result<void> TraceWriter::names(std::span<const std::string> names) {
    std::string payload;
    for (const std::string& name : names) {
        const auto length = static_cast<std::uint32_t>(name.size());
        payload.append(reinterpret_cast<const char*>(&length), sizeof length);
        payload += name;
    }
    return chunk(Names, payload.data(), payload.size());
}

Result<void> TraceWriter::column(std::uint32_t which, std::string_view values) {
    const std::array<std::uint32_t, 2> header = {which, 0};
    std::string payload(reinterpret_cast<const char*>(header.data()), sizeof header);
    payload += values;
    return chunk(Column, payload.data(), payload.size());
}

Result<void> TraceWriter::namesOfLast(std::span<const std::uint32_t> numbers) {
    return column(NameNumbers,
                  {reinterpret_cast<const char*>(numbers.data()), numbers.size_bytes()});
}

Result<void> TraceWriter::launchesOfLast(std::span<const std::int64_t> moments) {
    return column(Launches, {reinterpret_cast<const char*>(moments.data()), moments.size_bytes()});
}

Result<void> TraceWriter::note(const std::string& sentence) {
    return chunk(Note, sentence.data(), sentence.size());
}

Result<void> TraceWriter::dropped(std::uint64_t spans) {
    return chunk(Counts, &spans, sizeof spans);
}

Result<void> TraceWriter::clock(const ClockSample& sample) {
    return chunk(Clock, &sample, sizeof sample);
}

Result<void> TraceWriter::close() {
    RINGSCOPE_CHECK(chunk(End, "", 0));
    const int file = std::exchange(file_, -1);
    if (::close(file) != 0) return systemError("cannot finish the trace");
    return {};
}

Result<RankTrace> readTraceFile(const std::filesystem::path& path) {
    RINGSCOPE_TRY(const std::string bytes, readFile(path));
    Cursor cursor(bytes);
    RankTrace trace;
    Result<TraceOrigin> origin = readHeader(cursor);
    if (!origin.ok()) return std::move(origin).error().in("'" + path.string() + "'");
    trace.origin = std::move(*origin);
    readChunks(trace, cursor);
    if (!trace.complete) trace.losses.push_back("the rank ended before it closed its trace");
    sortByBegin(trace.spans, trace.spanNames);
    for (GpuStream& stream : trace.gpu) sortByBegin(stream.spans, stream.names, stream.launched);
    std::ranges::sort(trace.gpu, {}, [](const GpuStream& stream) {
        return std::tuple(stream.device, stream.context, stream.stream);
    });
    return trace;
}

std::string traceFileName(int rank) { return fmt::format("rank-{:05}.trace", rank); }

}  // namespace ringscope
