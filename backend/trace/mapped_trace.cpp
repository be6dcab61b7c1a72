#include "backend/trace/mapped_trace.h"

#include "backend/trace/trace_format.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>

namespace ringscope {
namespace {

using namespace traceformat;

class Mapping {
public:
    Mapping() = default;
    Mapping(void* bytes, std::size_t size) : bytes_(bytes), size_(size) {}
    ~Mapping() {
        if (bytes_ != nullptr) ::munmap(bytes_, size_);
    }
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    std::string_view view() const { return {static_cast<const char*>(bytes_), size_}; }

private:
    void* bytes_ = nullptr;
    std::size_t size_ = 0;
};

struct SpanChunk {
    std::string_view payload;
    std::uint32_t crc = 0;
    std::int64_t begin = 0;
    std::int64_t end = 0;
    bool checked = false;
    bool damaged = false;
};

template <typename Visit>
void forEachSpan(std::string_view payload, const Visit& visit) {
    for (std::size_t at = 0; at + sizeof(Span) <= payload.size(); at += sizeof(Span)) {
        Span span;
        std::memcpy(static_cast<void*>(&span), payload.data() + at, sizeof span);
        if (span.wellFormed()) visit(span);
    }
}

void measure(SpanChunk& chunk) {
    chunk.begin = std::numeric_limits<std::int64_t>::max();
    chunk.end = std::numeric_limits<std::int64_t>::min();
    forEachSpan(chunk.payload, [&](const Span& span) {
        chunk.begin = std::min(chunk.begin, span.begin());
        chunk.end = std::max(chunk.end, span.end());
    });
}

}  // namespace

struct MappedTrace::Parts {
    Parts(void* bytes, std::size_t size) : mapping(bytes, size) {}

    Mapping mapping;
    TraceOrigin origin;
    std::vector<SpanChunk> chunks;
    std::uint64_t damaged = 0;

    // An index is believed where it says of each chunk what the chunk's own head says.
    bool take(std::string_view index) {
        if (index.size() != chunks.size() * sizeof(IndexEntry)) return false;
        Cursor cursor(index);
        std::vector<IndexEntry> entries;
        for (const SpanChunk& chunk : chunks) {
            const auto entry = cursor.take<IndexEntry>();
            const auto at =
                static_cast<std::uint64_t>(chunk.payload.data() - mapping.view().data());
            if (entry->payload != at || entry->spans != chunk.payload.size() / sizeof(Span))
                return false;
            entries.push_back(*entry);
        }
        for (std::size_t i = 0; i < chunks.size(); ++i) {
            chunks[i].begin = entries[i].begin;
            chunks[i].end = entries[i].end;
        }
        return true;
    }

    void readChunks(Cursor cursor) {
        std::string_view index;
        while (cursor.left() > 0) {
            const auto header = cursor.take<ChunkHeader>();
            const auto payload =
                header && header->mark == chunkMark ? cursor.take(header->bytes) : std::nullopt;
            if (!payload) break;
            if (header->kind == Spans) chunks.push_back({.payload = *payload, .crc = header->crc});
            if (header->kind == Index && header->crc == crcOf(payload->data(), payload->size()))
                index = *payload;
        }
        if (!take(index))
            for (SpanChunk& chunk : chunks) measure(chunk);
        std::erase_if(chunks, [](const SpanChunk& chunk) { return chunk.begin > chunk.end; });
    }
};

MappedTrace::MappedTrace(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
MappedTrace::~MappedTrace() = default;
MappedTrace::MappedTrace(MappedTrace&&) noexcept = default;
MappedTrace& MappedTrace::operator=(MappedTrace&&) noexcept = default;

Result<MappedTrace> MappedTrace::open(const std::filesystem::path& path) {
    const auto failure = [&] {
        return Error{ErrorCode::NotFound, "cannot read the trace '" + path.string() +
                                              "': " + std::generic_category().message(errno)};
    };
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return failure();
    struct stat status {};
    void* bytes = MAP_FAILED;
    if (::fstat(file, &status) == 0 && status.st_size > 0)
        bytes = ::mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ, MAP_PRIVATE,
                       file, 0);
    ::close(file);
    if (bytes == MAP_FAILED && status.st_size > 0) return failure();
    if (bytes == MAP_FAILED)
        return Error{ErrorCode::Corrupt, "'" + path.string() + "' is empty; expected a trace"};
    auto parts = std::make_unique<Parts>(bytes, static_cast<std::size_t>(status.st_size));
    Cursor cursor(parts->mapping.view());
    Result<TraceOrigin> origin = readHeader(cursor);
    if (!origin.ok()) return std::move(origin).error().in("'" + path.string() + "'");
    parts->origin = std::move(*origin);
    parts->readChunks(cursor);
    return MappedTrace(std::move(parts));
}

const TraceOrigin& MappedTrace::origin() const { return parts_->origin; }
std::uint64_t MappedTrace::damagedChunks() const { return parts_->damaged; }

std::uint64_t MappedTrace::spans() const {
    std::uint64_t count = 0;
    for (const SpanChunk& chunk : parts_->chunks) count += chunk.payload.size() / sizeof(Span);
    return count;
}

std::int64_t MappedTrace::begin() const {
    if (parts_->chunks.empty()) return 0;
    return std::ranges::min_element(parts_->chunks, {}, &SpanChunk::begin)->begin;
}

std::int64_t MappedTrace::end() const {
    if (parts_->chunks.empty()) return 0;
    return std::ranges::max_element(parts_->chunks, {}, &SpanChunk::end)->end;
}

std::vector<Span> MappedTrace::within(std::int64_t begin, std::int64_t end) {
    std::vector<Span> found;
    for (SpanChunk& chunk : parts_->chunks) {
        if (chunk.begin >= end || chunk.end <= begin) continue;
        if (!chunk.checked) {
            chunk.checked = true;
            chunk.damaged = chunk.crc != crcOf(chunk.payload.data(), chunk.payload.size());
            parts_->damaged += chunk.damaged ? 1 : 0;
        }
        if (chunk.damaged) continue;
        forEachSpan(chunk.payload, [&](const Span& span) {
            if (span.begin() < end && span.end() > begin) found.push_back(span);
        });
    }
    std::ranges::stable_sort(found, {}, &Span::begin);
    return found;
}

}  // namespace ringscope
