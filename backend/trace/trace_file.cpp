#include "backend/trace/trace_file.h"

#include "backend/trace/trace_format.h"

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

}  // namespace

Result<std::unique_ptr<TraceWriter>> TraceWriter::create(const std::filesystem::path& path,
                                                         const TraceOrigin& origin) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file < 0) return systemError("cannot write the trace '" + path.string() + "'");
    std::unique_ptr<TraceWriter> writer(new TraceWriter(file));

    const std::string header = headerBytes(origin);
    if (::write(file, header.data(), header.size()) != std::ssize(header))
        return systemError("cannot write the trace '" + path.string() + "'");
    writer->written_ = header.size();
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
    written_ += sizeof(ChunkHeader) + bytes;
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
    IndexEntry entry{.payload = written_ + sizeof(ChunkHeader),
                     .spans = spans.size(),
                     .begin = spans.empty() ? 0 : spans.front().begin(),
                     .end = 0};
    for (const Span& span : spans) {
        entry.begin = std::min(entry.begin, span.begin());
        entry.end = std::max(entry.end, span.end());
    }
    index_.append(reinterpret_cast<const char*>(&entry), sizeof entry);
    return chunk(Spans, spans.data(), spans.size_bytes());
}

Result<void> TraceWriter::append(std::span<const Allocation> allocations) {
    return chunk(Allocations, allocations.data(), allocations.size_bytes());
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
    RINGSCOPE_CHECK(chunk(Index, index_.data(), index_.size()));
    RINGSCOPE_CHECK(chunk(End, "", 0));
    const int file = std::exchange(file_, -1);
    if (::close(file) != 0) return systemError("cannot finish the trace");
    return {};
}

std::string traceFileName(int rank) { return fmt::format("rank-{:05}.trace", rank); }

}  // namespace ringscope
