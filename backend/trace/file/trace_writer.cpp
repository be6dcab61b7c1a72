#include "backend/trace/file/trace_writer.h"

#include "backend/trace/file/trace_format.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/uio.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace ringscope {
namespace {

using namespace traceformat;

Error systemError(const std::string& what) {
    return {ErrorCode::Failed, what + ": " + std::generic_category().message(errno)};
}

template <typename Value>
std::string_view bytesOf(const Value& value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

template <typename Value>
std::string_view bytesOfAll(std::span<const Value> values) {
    return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

// A part of a column that may be empty.
template <typename Value>
std::span<const Value> part(std::span<const Value> values, std::size_t from, std::size_t count) {
    return values.empty() ? values : values.subspan(from, count);
}

// Writes all of the parts, or fails; `errno` says why.
bool writeAll(int file, std::span<iovec> parts) {
    while (!parts.empty()) {
        const ssize_t written = ::writev(file, parts.data(), static_cast<int>(parts.size()));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        auto left = static_cast<std::size_t>(written);
        for (; !parts.empty() && left >= parts.front().iov_len; parts = parts.subspan(1))
            left -= parts.front().iov_len;
        if (parts.empty()) break;
        parts.front().iov_base = static_cast<char*>(parts.front().iov_base) + left;
        parts.front().iov_len -= left;
    }
    return true;
}

iovec partOf(std::string_view bytes) { return {const_cast<char*>(bytes.data()), bytes.size()}; }

Result<void> writeChunk(int file, std::uint32_t kind, std::string_view payload, std::uint32_t crc) {
    const ChunkHeader header{.kind = kind, .bytes = payload.size(), .crc = crc};
    std::array<iovec, 2> parts = {partOf(bytesOf(header)), partOf(payload)};
    if (!writeAll(file, parts)) return systemError("cannot write the trace");
    return {};
}

Result<void> writeChunk(int file, std::uint32_t kind, std::string_view payload) {
    return writeChunk(file, kind, payload, crcOf(payload.data(), payload.size()));
}

}  // namespace

Result<std::unique_ptr<TraceWriter>> TraceWriter::create(const std::filesystem::path& path,
                                                         const TraceOrigin& origin) {
    const auto failure = [&] {
        return systemError("cannot write the trace '" + path.string() + "'");
    };
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file < 0) return failure();
    std::unique_ptr<TraceWriter> writer(new TraceWriter(file));

    const std::string header = headerBytes(origin);
    std::array<iovec, 1> whole = {partOf(header)};
    if (writeAll(file, whole)) return writer;
    const Error error = failure();
    ::unlink(path.c_str());
    return error;
}

Result<void> appendClock(const std::filesystem::path& path, std::span<const ClockSample> samples) {
    const int file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    if (file < 0) return systemError("cannot write the trace '" + path.string() + "'");
    Result<void> written;
    for (const ClockSample& sample : samples)
        if (written.ok()) written = writeChunk(file, Clock, bytesOf(sample));
    if (::close(file) != 0 && written.ok()) return systemError("cannot finish the trace");
    return written;
}

TraceWriter::~TraceWriter() {
    if (file_ >= 0) ::close(file_);
}

Result<void> TraceWriter::chunk(std::uint32_t kind, std::string_view payload) {
    return writeChunk(file_, kind, payload);
}

Result<void> TraceWriter::records(std::uint32_t kind, std::string_view before, const void* records,
                                  std::size_t count) {
    columns_.fill(before, records, count);
    return writeChunk(file_, kind, columns_.payload(), columns_.crc());
}

Result<void> TraceWriter::beside(std::uint32_t which, std::string_view values) {
    if (values.empty()) return {};
    const std::array<std::uint32_t, 2> header = {which, 0};
    std::string payload(bytesOf(header));
    payload += values;
    return chunk(Column, payload);
}

Result<void> TraceWriter::append(std::span<const Span> spans,
                                 std::span<const std::uint32_t> names) {
    for (std::size_t from = 0; from < spans.size(); from += mostInChunk) {
        const auto some = spans.subspan(from, std::min(mostInChunk, spans.size() - from));
        RINGSCOPE_CHECK(records(SpanColumns, {}, some.data(), some.size()));
        RINGSCOPE_CHECK(beside(NameNumbers, bytesOfAll(part(names, from, some.size()))));
    }
    return {};
}

Result<void> TraceWriter::append(const GpuStream& stream) {
    const StreamHeader header{
        .device = stream.device, .context = stream.context, .stream = stream.stream};
    const std::span<const std::uint32_t> names(stream.names);
    const std::span<const std::int64_t> launches(stream.launched);
    for (std::size_t from = 0; from < stream.spans.size(); from += mostInChunk) {
        const std::size_t count = std::min(mostInChunk, stream.spans.size() - from);
        RINGSCOPE_CHECK(records(GpuColumns, bytesOf(header), stream.spans.data() + from, count));
        RINGSCOPE_CHECK(beside(NameNumbers, bytesOfAll(part(names, from, count))));
        RINGSCOPE_CHECK(beside(Launches, bytesOfAll(part(launches, from, count))));
    }
    return {};
}

Result<void> TraceWriter::append(std::span<const Allocation> allocations) {
    for (std::size_t from = 0; from < allocations.size(); from += mostInChunk)
        RINGSCOPE_CHECK(records(AllocationColumns, {}, allocations.data() + from,
                                std::min(mostInChunk, allocations.size() - from)));
    return {};
}

Result<void> TraceWriter::names(std::span<const std::string> names) {
    std::string payload;
    for (const std::string& name : names) {
        payload += bytesOf(static_cast<std::uint32_t>(name.size()));
        payload += name;
    }
    return chunk(Names, payload);
}

Result<void> TraceWriter::note(const std::string& sentence) { return chunk(Note, sentence); }

Result<void> TraceWriter::dropped(std::uint64_t spans) { return chunk(Counts, bytesOf(spans)); }

Result<void> TraceWriter::clock(const ClockSample& sample) { return chunk(Clock, bytesOf(sample)); }

Result<void> TraceWriter::close() {
    RINGSCOPE_CHECK(chunk(End, ""));
    const int file = std::exchange(file_, -1);
    if (::close(file) != 0) return systemError("cannot finish the trace");
    return {};
}

}  // namespace ringscope
