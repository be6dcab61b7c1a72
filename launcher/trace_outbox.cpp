#include "launcher/trace_outbox.h"

#include "backend/core/base64.h"
#include "launcher/descriptor.h"

#include <cerrno>
#include <cstdlib>
#include <string>

namespace ringscope {
namespace {

constexpr std::size_t partSize = 192 * 1024;  // 256 KiB as Base64

}  // namespace

TraceOutbox::~TraceOutbox() {
    std::error_code ignored;
    if (collecting()) std::filesystem::remove_all(folder_, ignored);
}

Result<void> TraceOutbox::open() {
    std::error_code failed;
    const std::filesystem::path place = std::filesystem::temp_directory_path(failed);
    if (failed)
        return Error{ErrorCode::Failed, "there is no folder for the traces: " + failed.message()};
    std::string name = (place / "ringscope-trace-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
        return systemError("cannot make the folder '" + name + "' for the traces", errno);
    folder_ = name;
    return {};
}

bool TraceOutbox::openTraceOf(int rank) {
    if (!collecting()) return false;
    if (file_.is_open()) return true;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folderOf(rank), ignored)) {
        file_.open(entry.path(), std::ios::binary);
        offset_ = 0;
        return file_.is_open();
    }
    return false;
}

std::optional<AgentFrame> TraceOutbox::next() {
    if (ended_.empty()) return std::nullopt;
    const RankExited exit = ended_.front();
    if (openTraceOf(exit.rank)) {
        std::string part(partSize, '\0');
        file_.read(part.data(), static_cast<std::streamsize>(part.size()));
        part.resize(static_cast<std::size_t>(file_.gcount()));
        if (!part.empty()) {
            const TraceChunk chunk{.rank = exit.rank, .offset = offset_, .data = toBase64(part)};
            offset_ += static_cast<std::int64_t>(part.size());
            return chunk;
        }
        file_.close();
        file_.clear();
    }
    ended_.pop_front();
    return exit;
}

}  // namespace ringscope
