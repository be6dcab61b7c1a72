// A trace file that is looked at in pieces: mapped into memory, not read. Opening costs what its
// chunks are, not what its spans are; a question costs what lies in its window.
//
// For files of tens of millions of spans. The rank's own clock; the host's spans.
#pragma once

#include "backend/core/result.h"
#include "backend/trace/rank_trace.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace ringscope {

class MappedTrace {
public:
    static Result<MappedTrace> open(const std::filesystem::path& path);
    ~MappedTrace();
    MappedTrace(MappedTrace&&) noexcept;
    MappedTrace& operator=(MappedTrace&&) noexcept;

    const TraceOrigin& origin() const;
    std::uint64_t spans() const;
    std::int64_t begin() const;  // 0 where there are no spans
    std::int64_t end() const;

    // The spans that touch [begin, end), by begin. A chunk's times are checked when they are first
    // looked at, the rest of it when a span of it is asked for; one that is damaged gives nothing
    // and is counted.
    std::vector<Span> within(std::int64_t begin, std::int64_t end);
    std::uint64_t damagedChunks() const;

private:
    struct Parts;
    explicit MappedTrace(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace ringscope
