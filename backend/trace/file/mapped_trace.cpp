#include "backend/trace/file/mapped_trace.h"

#include "backend/trace/file/columns.h"
#include "backend/trace/file/file_mapping.h"
#include "backend/trace/file/trace_format.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace ringscope {
namespace {

using namespace traceformat;

// Words 0 and 1 of a span hold its times (span.h).
constexpr std::size_t beginWord = 0;
constexpr std::size_t durationWord = 1;

// A chunk of spans. It is checked when it is looked at: columns each for itself, times before the
// rest; the records of version 1 all at once.
class SpanChunk {
public:
    static std::optional<SpanChunk> of(const ChunkHeader& header, std::string_view payload) {
        if (header.kind == SpanRows)
            return SpanChunk(header, payload, RecordView::ofRows(payload), false);
        if (header.kind != SpanColumns) return std::nullopt;
        const std::optional<RecordView> records = RecordView::ofColumns(payload);
        if (!records) return std::nullopt;
        return SpanChunk(header, payload, *records, true);
    }

    std::int64_t begin = 0;
    std::int64_t end = 0;

    const char* payload() const { return payload_.data(); }
    std::size_t size() const { return records_.size(); }
    bool damaged() const { return damaged_; }

    void measure() {
        begin = std::numeric_limits<std::int64_t>::max();
        end = std::numeric_limits<std::int64_t>::min();
        for (std::size_t i = 0; i < records_.size(); ++i) {
            const Span times = timesOf(i);
            if (!times.wellFormed()) continue;
            begin = std::min(begin, times.begin());
            end = std::max(end, times.end());
        }
    }

    // Adds the spans that touch [from, to).
    void addWithin(std::int64_t from, std::int64_t to, std::vector<Span>& found) {
        if (!timesAreSound()) return;
        const std::size_t before = found.size();
        for (std::size_t i = 0; i < records_.size(); ++i) {
            const Span times = timesOf(i);
            if (!times.wellFormed() || times.begin() >= to || times.end() <= from) continue;
            if (!restIsSound()) return found.resize(before);
            if (const auto span = records_.at<Span>(i); span.wellFormed()) found.push_back(span);
        }
    }

private:
    SpanChunk(const ChunkHeader& header, std::string_view payload, const RecordView& records,
              bool columns)
        : payload_(payload), records_(records), crc_(header.crc), columns_(columns) {}

    // The span without what the other columns say of it.
    Span timesOf(std::size_t record) const {
        return Span::ofTimes(records_.word(beginWord, record), records_.word(durationWord, record));
    }

    bool timesAreSound() {
        if (!timesChecked_) {
            timesChecked_ = true;
            damaged_ = columns_
                           ? crc_ != records_.crcOfPayload(payload_) ||
                                 !records_.isSound(beginWord) || !records_.isSound(durationWord)
                           : crc_ != crcOf(payload_.data(), payload_.size());
        }
        return !damaged_;
    }
    bool restIsSound() {
        if (!restChecked_) {
            restChecked_ = true;
            for (std::size_t column = durationWord + 1; columns_ && column < columnCount; ++column)
                damaged_ = damaged_ || !records_.isSound(column);
        }
        return !damaged_;
    }

    std::string_view payload_;
    RecordView records_;
    std::uint32_t crc_;
    bool columns_;
    bool timesChecked_ = false;
    bool restChecked_ = false;
    bool damaged_ = false;
};

}  // namespace

struct MappedTrace::Parts {
    explicit Parts(FileMapping mapped) : file(std::move(mapped)) {}

    FileMapping file;
    TraceOrigin origin;
    std::vector<SpanChunk> chunks;

    // An index is believed where it says of each chunk what the chunk's own head says.
    bool take(std::string_view index) {
        if (index.size() != chunks.size() * sizeof(IndexEntry)) return false;
        Cursor cursor(index);
        std::vector<IndexEntry> entries;
        for (const SpanChunk& chunk : chunks) {
            const auto entry = cursor.take<IndexEntry>();
            const auto at = static_cast<std::uint64_t>(chunk.payload() - file.view().data());
            if (entry->payload != at || entry->spans != chunk.size()) return false;
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
            if (std::optional<SpanChunk> chunk = SpanChunk::of(*header, *payload))
                chunks.push_back(*chunk);
            if (header->kind == Index && header->crc == crcOf(payload->data(), payload->size()))
                index = *payload;
        }
        if (!take(index))
            for (SpanChunk& chunk : chunks) chunk.measure();
        std::erase_if(chunks, [](const SpanChunk& chunk) { return chunk.begin > chunk.end; });
    }
};

MappedTrace::MappedTrace(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
MappedTrace::~MappedTrace() = default;
MappedTrace::MappedTrace(MappedTrace&&) noexcept = default;
MappedTrace& MappedTrace::operator=(MappedTrace&&) noexcept = default;

Result<MappedTrace> MappedTrace::open(const std::filesystem::path& path) {
    RINGSCOPE_TRY(FileMapping file, FileMapping::open(path));
    auto parts = std::make_unique<Parts>(std::move(file));
    Cursor cursor(parts->file.view());
    Result<TraceOrigin> origin = readHeader(cursor);
    if (!origin.ok()) return std::move(origin).error().in("'" + path.string() + "'");
    parts->origin = std::move(*origin);
    parts->readChunks(cursor);
    return MappedTrace(std::move(parts));
}

const TraceOrigin& MappedTrace::origin() const { return parts_->origin; }
std::uint64_t MappedTrace::damagedChunks() const {
    return static_cast<std::uint64_t>(std::ranges::count_if(parts_->chunks, &SpanChunk::damaged));
}

std::uint64_t MappedTrace::spans() const {
    std::uint64_t count = 0;
    for (const SpanChunk& chunk : parts_->chunks) count += chunk.size();
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
    for (SpanChunk& chunk : parts_->chunks)
        if (chunk.begin < end && chunk.end > begin) chunk.addWithin(begin, end, found);
    if (!std::ranges::is_sorted(found, {}, &Span::begin))
        std::ranges::stable_sort(found, {}, &Span::begin);
    return found;
}

}  // namespace ringscope
