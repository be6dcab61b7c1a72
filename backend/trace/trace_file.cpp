#include "backend/trace/trace_file.h"

#include "backend/core/files.h"

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

enum ChunkKind : std::uint32_t { Spans = 1, Counts = 2, Clock = 3, End = 4, Gpu = 5, Note = 6 };

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
    const nlohmann::json text = {
        {"run", origin.run},          {"rank", origin.rank},
        {"world", origin.world},      {"host", origin.host},
        {"pid", origin.pid},          {"mode", origin.mode},
        {"device", origin.device},    {"first_step", origin.firstStep},
        {"end_step", origin.endStep}, {"gpu_activity", origin.gpuActivity}};
    return text.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<TraceOrigin> originFrom(std::string_view text) {
    const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object()) return std::nullopt;
    try {
        return TraceOrigin{.run = json.value("run", ""),
                           .rank = json.value("rank", 0),
                           .world = json.value("world", 1),
                           .host = json.value("host", ""),
                           .pid = json.value("pid", std::int64_t{0}),
                           .mode = json.value("mode", ""),
                           .device = json.value("device", ""),
                           .firstStep = json.value("first_step", std::int64_t{0}),
                           .endStep = json.value("end_step", std::int64_t{0}),
                           .gpuActivity = json.value("gpu_activity", "")};
    } catch (const nlohmann::json::exception&) {
        return std::nullopt;
    }
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
    std::optional<TraceOrigin> origin = originFrom(*text);
    if (!origin || origin->rank < 0 || origin->world < 1) return broken;
    return *std::move(origin);
}

void addSpans(RankTrace& trace, std::vector<Span>& spans, std::string_view payload) {
    const std::size_t count = payload.size() / sizeof(Span);
    const std::size_t before = spans.size();
    spans.resize(before + count);
    std::memcpy(static_cast<void*>(spans.data() + before), payload.data(), count * sizeof(Span));
    const auto broken =
        std::remove_if(spans.begin() + static_cast<std::ptrdiff_t>(before), spans.end(),
                       [](const Span& span) { return !span.wellFormed(); });
    if (broken != spans.end()) {
        trace.losses.push_back(
            fmt::format("{} spans hold impossible values", spans.end() - broken));
        spans.erase(broken, spans.end());
    }
}

void addGpuSpans(RankTrace& trace, std::string_view payload) {
    Cursor cursor(payload);
    const auto header = cursor.take<StreamHeader>();
    if (!header) {
        trace.losses.push_back("a chunk of GPU spans does not say of which stream");
        return;
    }
    const auto here = std::ranges::find_if(trace.gpu, [&](const GpuStream& stream) {
        return stream.device == header->device && stream.context == header->context &&
               stream.stream == header->stream;
    });
    GpuStream& stream = here != trace.gpu.end()
                            ? *here
                            : trace.gpu.emplace_back(
                                  GpuStream{header->device, header->context, header->stream, {}});
    addSpans(trace, stream.spans, payload.substr(sizeof(StreamHeader)));
}

void addChunk(RankTrace& trace, std::uint32_t kind, std::string_view payload) {
    Cursor cursor(payload);
    switch (kind) {
        case Spans:
            return addSpans(trace, trace.spans, payload);
        case Counts:
            if (const auto dropped = cursor.take<std::uint64_t>()) trace.dropped = *dropped;
            return;
        case Clock:
            if (const auto sample = cursor.take<ClockSample>()) trace.clock.push_back(*sample);
            return;
        case End:
            trace.complete = true;
            return;
        case Gpu:
            return addGpuSpans(trace, payload);
        case Note:
            trace.notes.emplace_back(payload);
            return;
        default:
            trace.losses.push_back(fmt::format("a chunk of unknown kind {}", kind));
    }
}

void readChunks(RankTrace& trace, Cursor& cursor) {
    while (cursor.left() > 0) {
        const std::size_t left = cursor.left();
        const auto header = cursor.take<ChunkHeader>();
        const auto payload =
            header && header->mark == chunkMark ? cursor.take(header->bytes) : std::nullopt;
        if (!payload) {
            trace.losses.push_back(fmt::format("the last {} bytes are cut off or damaged", left));
            return;
        }
        if (header->crc != crcOf(payload->data(), payload->size())) {
            trace.losses.push_back(
                fmt::format("{} bytes do not meet their checksum", header->bytes));
            continue;
        }
        addChunk(trace, header->kind, *payload);
    }
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
    std::ranges::stable_sort(trace.spans, {}, &Span::begin);
    for (GpuStream& stream : trace.gpu) std::ranges::stable_sort(stream.spans, {}, &Span::begin);
    std::ranges::sort(trace.gpu, {}, [](const GpuStream& stream) {
        return std::tuple(stream.device, stream.context, stream.stream);
    });
    return trace;
}

std::string traceFileName(int rank) { return fmt::format("rank-{:05}.trace", rank); }

}  // namespace ringscope
