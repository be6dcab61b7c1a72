#include "backend/run/trace_inbox.h"

#include "backend/core/base64.h"
#include "backend/core/files.h"
#include "backend/core/units.h"
#include "backend/trace/file/trace_writer.h"

#include <fmt/format.h>
#include <fstream>
#include <optional>
#include <string>

namespace ringscope {

Result<void> TraceInbox::add(const TraceChunk& chunk) {
    if (chunk.rank < 0 || chunk.rank >= mostRanks)
        return Error{ErrorCode::Corrupt,
                     fmt::format("a trace arrived of rank {}; ranks are 0 to {}", chunk.rank,
                                 mostRanks - 1)};
    const std::optional<std::string> bytes = fromBase64(chunk.data);
    std::int64_t& received = received_[chunk.rank];
    if (received > largestTrace.count)
        return Error{ErrorCode::Unavailable,
                     fmt::format("it is larger than {}", formatBytes(largestTrace))};
    if (!bytes || chunk.offset != received)
        return Error{ErrorCode::Corrupt,
                     fmt::format("the trace of rank {} arrived damaged after {} bytes", chunk.rank,
                                 received)};
    RINGSCOPE_CHECK(makePrivateFolder(folder_));
    std::ofstream file(fileOf(chunk.rank), std::ios::binary | std::ios::app);
    file.write(bytes->data(), static_cast<std::streamsize>(bytes->size()));
    file.flush();
    if (!file)
        return Error{ErrorCode::Failed,
                     "cannot write the trace '" + fileOf(chunk.rank).string() + "'"};
    received += static_cast<std::int64_t>(bytes->size());
    return {};
}

Result<void> TraceInbox::addClock(int rank, const std::vector<ClockSample>& samples) {
    if (!received_.contains(rank)) return {};
    return appendClock(fileOf(rank), samples);
}

}  // namespace ringscope
