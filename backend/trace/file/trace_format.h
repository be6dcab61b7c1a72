// The bytes of a trace file, for its writer and its readers. FORMAT.md says it in prose.
#pragma once

#include "backend/core/result.h"
#include "backend/trace/rank_trace.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace ringscope::traceformat {

static_assert(std::endian::native == std::endian::little, "trace files are little-endian");

inline constexpr std::string_view magic = "RSCPTRC1";
// 1: spans and allocations as records. 2: as columns (columns.h). Both are read, 2 is written.
inline constexpr std::uint32_t formatVersion = 2;
inline constexpr std::uint32_t chunkMark = 0x4B4E4843;  // "CHNK"
inline constexpr std::uint32_t largestOrigin = 1 << 20;

// A chunk holds at most so many spans: a damaged byte costs no more than these.
inline constexpr std::size_t mostInChunk = std::size_t{1} << 15;

enum ChunkKind : std::uint32_t {
    SpanRows = 1,  // of version 1, as GpuRows and AllocationRows
    Counts = 2,
    Clock = 3,
    End = 4,
    GpuRows = 5,
    Note = 6,
    Names = 7,
    Column = 8,
    Index = 9,  // of earlier files; skipped
    AllocationRows = 10,
    SpanColumns = 11,
    GpuColumns = 12,
    AllocationColumns = 13,
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

std::uint32_t crcOf(const void* data, std::size_t bytes);

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

// Everything before the first chunk: magic, version, origin.
std::string headerBytes(const TraceOrigin& origin);
Result<TraceOrigin> readHeader(Cursor& cursor);

}  // namespace ringscope::traceformat
